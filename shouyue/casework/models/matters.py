"""Matters: what stops or changes the work on a customer until somebody has looked at it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Case, Contact
from shouyue.people.models import Role, User


class Matter(models.Model):
    """A dispute, a hardship and the like (``matters.kinds``). Its state is that of its newest step."""

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        CONFIRMED = "confirmed", _("Confirmed")
        PAUSED = "paused", _("Paused")
        REJECTED = "rejected", _("Rejected")
        RELEASED = "released", _("Released")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="matters")
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    #: the call in which it was told
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="matters")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    #: business days from which and until which it says something to the strategy
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    owner_role = models.CharField(max_length=20, choices=Role.choices)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="matters")
    #: day by which it must be decided
    due_on = models.DateField()
    #: last day of a granted pause
    paused_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"],
                condition=models.Q(state__in=["open", "confirmed", "paused"]),
                name="one_live_matter_of_a_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused", paused_until__isnull=False)
                | ~models.Q(state="paused") & models.Q(paused_until__isnull=True),
                name="a_paused_matter_has_its_day",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["rejected", "released"], closed_on__isnull=False)
                | ~models.Q(state__in=["rejected", "released"]) & models.Q(closed_on__isnull=True),
                name="a_matter_that_is_over_has_its_day",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class MatterStep(models.Model):
    """One step in the life of a matter. Appended, never edited."""

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    #: given by the page, so that a repeated request takes no second step; null for the daily cycle's own
    key = models.UUIDField(unique=True, null=True, editable=False)
    action = models.CharField(max_length=12)
    state = models.CharField(max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True, max_length=2000)
    #: new deadline, last day of a pause
    until = models.DateField(null=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "seq"], name="matter_steps_are_numbered")]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.action}"


class MatterEvidence(models.Model):
    """What shows it: the number under which the lender's archive keeps a paper, and the SHA-256 of the file.

    The file itself is kept by the archive, not here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="evidence")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True, max_length=2000)
    reference = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.matter_id} {self.reference or self.sha256[:12]}"
