"""Payment plans."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Case
from shouyue.people.models import User


class Plan(models.Model):
    """What is late, paid in parts by agreement (分期计划). Judged by the daily cycle from the lender's payments."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Running")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        REPLACED = "replaced", _("Replaced by a newer plan")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="plans")
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    #: month, fortnight or week
    every = models.CharField(max_length=10)
    made_on = models.DateField()
    grace_days = models.PositiveSmallIntegerField()
    tolerance_permille = models.PositiveSmallIntegerField()
    #: a month, as the customer stated them, and what of the rest the house lets into the plan
    income_minor = models.BigIntegerField(null=True)
    costs_minor = models.BigIntegerField(null=True)
    room_minor = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    paid_minor = models.BigIntegerField(default=0)
    judged_as_of = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    ended_because = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=models.Q(state="active"), name="one_active_plan"),
            models.CheckConstraint(condition=models.Q(total_minor__gt=0), name="plan_is_above_zero"),
        ]
        indexes = [models.Index(fields=["state", "made_on"])]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class PlanInstalment(models.Model):
    """A part of a plan, with what the contract asks for up to the same day. Never changed: another plan is another."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="instalments", db_index=False)
    seq = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount_minor = models.BigIntegerField()
    beside_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "seq"], name="plan_parts_are_numbered"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="plan_part_is_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.seq}"
