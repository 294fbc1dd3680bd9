"""Agencies whose systems ask the gate over HTTP: their tokens, what is placed with them, their answers."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Customer
from shouyue.people.models import User


class Agency(models.Model):
    """A firm that collects for the lender. ``code`` is what a decision of the gate names it by."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    #: day of its last evaluation, which the gate asks for
    evaluated_on = models.DateField(null=True)
    #: last day of the lender's contract with it
    contract_ends_on = models.DateField(null=True)
    #: the minute in which its system last asked, and how often in that minute
    minute = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.code


class AgencyToken(models.Model):
    """What an agency's system shows with every request; only its digest is kept. Withdrawn, never removed."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.pk}"


class Placement(models.Model):
    """A customer's case is with an agency. Its id is all by which the agency's system names the case."""

    class Because(models.TextChoices):
        RECALLED = "recalled", _("Taken back")
        TERM = "term", _("Its time was over")
        CASE_ENDED = "case_ended", _("The case was ended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="placements")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="placements")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    #: last day on which it is with the agency; null, of placements from before there was one: until it is taken back
    ends_on = models.DateField(null=True)
    ended_because = models.CharField(max_length=12, choices=Because.choices, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(ended_at__isnull=True), name="placed_with_one_agency"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class AgencyAnswer(models.Model):
    """What a request with an idempotency key was answered, so that the same request again gets the same answer."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    #: SHA-256 of what was asked
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.pk}"
