"""Concessions: what is waived, by whose word, and how the core was told."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.casework.models.cases import Case
from shouyue.people.models import User


class Instruction(models.Model):
    """A numbered file for the lender's core, kept as it was written; of contact data without its text."""

    class Kind(models.TextChoices):
        CONCESSIONS = "concessions", _("Concessions")
        QUOTES = "settlements", _("Early settlements")
        CONTACTS = "contacts", _("Contact data")

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CONCESSIONS)
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField()
    #: [currency, component, count, minor units]
    totals = models.JSONField(default=list)
    #: empty of contact data: that is drawn from its rows again (``ToldLine``)
    text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="instructions_are_numbered")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Concession(models.Model):
    """A waiver on one loan. Its state is that of its newest step."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "Withdrawn")
        EXPIRED = "expired", _("Expired")
        EXPORTED = "exported", _("Sent to the core")
        DONE = "done", _("Booked by the core")
        DIFFERS = "differs", _("Booked otherwise")
        REFUSED = "refused", _("Refused by the core")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="concessions")
    #: the contract; the desk's row of it comes and goes with the book
    loan_number = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    expires_on = models.DateField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    instruction = models.ForeignKey(
        Instruction, on_delete=models.PROTECT, null=True, blank=True, related_name="concessions"
    )
    #: business day on which the core was told
    exported_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["loan_number"],
                condition=models.Q(state__in=["proposed", "approved", "exported", "differs"]),
                name="one_live_concession_per_loan",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("proposed_by")),
                name="a_concession_has_two_persons",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["approved", "exported", "done", "differs"])
                | models.Q(approved_by__isnull=False),
                name="nothing_is_waived_unapproved",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["exported", "done", "differs"])
                | models.Q(instruction__isnull=False, exported_on__isnull=False),
                name="what_the_core_was_told_has_its_instruction",
            ),
        ]
        indexes = [models.Index(fields=["state", "proposed_on"])]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class ConcessionPart(models.Model):
    """What is waived of one component, and what was owed of it then."""

    concession = models.ForeignKey(Concession, on_delete=models.PROTECT, related_name="parts", db_index=False)
    component = models.CharField(max_length=10)
    amount_minor = models.BigIntegerField()
    owed_minor = models.BigIntegerField()
    #: what the contract had been charged of it in all when the core was told
    charged_minor = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["concession", "component"], name="one_part_per_component"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, amount_minor__lte=models.F("owed_minor")),
                name="never_more_waived_than_owed",
            ),
            models.CheckConstraint(
                condition=models.Q(component__in=["penalty", "late_fee"]), name="only_penalty_and_late_fee_are_waived"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.concession_id} {self.component}"


class ConcessionStep(models.Model):
    """One step in the life of a concession. Appended, never edited."""

    concession = models.ForeignKey(Concession, on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=12)
    state = models.CharField(max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concession", "seq"], name="concession_steps_are_numbered")]

    def __str__(self) -> str:
        return f"{self.concession_id} {self.action}"
