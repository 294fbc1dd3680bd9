"""Somebody who is none of the customer's contacts and was spoken to all the same."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from shouyue.casework.models.cases import Contact, ScriptText
from shouyue.compliance import rule
from shouyue.compliance.wishes import BORROWERS

#: what he may say he is to the borrower or the guarantor
RELATIONS = tuple(relation for relation in rule.RELATIONS if relation not in BORROWERS)


class OtherSpeaker(models.Model):
    """Somebody else who took the line of a borrower or a guarantor, who rang from there or from a number that is
    nobody's, or who was met on a visit. Who he was is known from his own word, his name never."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, primary_key=True, related_name="other")
    #: he has the line now, or had it last when the call was logged
    speaking = models.BooleanField(default=True)
    #: when the line changed hands, in order: [{"to": "other" or "himself", "at": moment}]
    turns = models.JSONField(default=list)
    #: what the pack permitted to be said to him, of ``compliance.rule.CONTENTS``; empty: an apology only
    may_say = ArrayField(models.CharField(max_length=20), default=list)
    script = models.ForeignKey(ScriptText, on_delete=models.PROTECT, null=True, related_name="+")
    #: that script's elements as they were ticked: {element id: outcome}
    elements = models.JSONField(default=dict)
    #: what he said he is to the person called
    relation = models.CharField(max_length=20, blank=True)
    #: what was noted while he spoke; it joins the contact's note
    note = models.TextField(blank=True, max_length=2000)

    def __str__(self) -> str:
        return str(self.contact_id)
