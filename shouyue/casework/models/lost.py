"""What was tried to reach a borrower who cannot be reached."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Case
from shouyue.compliance.models import Attempt
from shouyue.people.models import User


class LostStep(models.Model):
    """A lawful step and what came of it. Appended, never edited."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent, waits for an answer")
        FOUND = "found", _("A way to reach him")
        NOTHING = "nothing", _("Nothing came of it")
        NOT_POSSIBLE = "not_possible", _("Not possible")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="lost_steps", db_index=False)
    step = models.CharField(max_length=30)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    note = models.TextField(blank=True, max_length=2000)
    #: of a step that was a contact: what the gate let through
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step}"
