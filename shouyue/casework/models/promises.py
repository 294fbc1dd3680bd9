"""Promises to pay."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.casework.models.cases import Case, Contact
from shouyue.people.models import User


class Promise(models.Model):
    """A promise to pay an amount by a day (承诺还款). Judged by the daily cycle from the lender's payments.

    A call may bring several: parts on days of their own, or one more beside those that stand.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("promise", "Open")
        PART_KEPT = "part_kept", _("Part kept")
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")
        REPLACED = "replaced", _("Replaced by a newer promise")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="promises")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="promises")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    made_on = models.DateField()
    due_on = models.DateField()
    grace_days = models.PositiveSmallIntegerField(default=1)
    #: share of the amount that counts as kept, in thousandths
    tolerance_permille = models.PositiveSmallIntegerField(default=1000)
    state = models.CharField(max_length=20, choices=State.choices, default=State.OPEN)
    paid_minor = models.BigIntegerField(default=0)
    judged_as_of = models.DateField(null=True, blank=True)
    #: when the customer last said again that he will keep it
    confirmed_at = models.DateTimeField(null=True, blank=True)
    #: business day on which it was replaced or cancelled, and why: ``promising.NEWER`` or one of its ``REASONS``
    ended_on = models.DateField(null=True, blank=True)
    ended_because = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="promise_is_above_zero"),
            models.CheckConstraint(condition=models.Q(due_on__gte=models.F("made_on")), name="promise_is_not_past"),
            models.CheckConstraint(
                condition=models.Q(state__in=["replaced", "cancelled"], ended_on__isnull=False)
                | ~models.Q(state__in=["replaced", "cancelled"]) & models.Q(ended_on__isnull=True),
                name="promise_ended_has_its_day",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on"]),
            models.Index(fields=["made_on", "staff"]),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"
