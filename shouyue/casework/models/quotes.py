"""Early settlement quotes: what settles a loan by a day, how it was worked out, and what became of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.casework.models.cases import Case
from shouyue.casework.models.concessions import Concession, Instruction
from shouyue.people.models import User


class Quote(models.Model):
    """What settles one loan, if it is paid by a day. Its state is that of its newest step."""

    class State(models.TextChoices):
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted by the customer")
        PAID = "paid", _("Paid in full")
        SETTLED = "settled", _("Settled")
        DIFFERS = "differs", _("Paid, not settled by the core")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", pgettext_lazy("proposal", "Withdrawn")
        REPLACED = "replaced", _("Replaced")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="quotes")
    #: the act in which it was made with quotes of the customer's other loans; null: alone
    together = models.UUIDField(null=True, editable=False)
    #: the contract; the desk's row of it comes and goes with the book
    loan_number = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    #: business day
    made_on = models.DateField()
    #: money counting by this day settles the loan
    pay_by = models.DateField()
    total_minor = models.BigIntegerField()
    #: what the plan asks for beyond that in the long run, and need not be paid
    saved_minor = models.BigIntegerField()
    #: all that was paid on the loan, counting by the day, as it was known when the quote was made
    paid_before_minor = models.BigIntegerField()
    #: what came since, counting by the day, and on which day it was enough
    paid_minor = models.BigIntegerField(default=0)
    paid_on = models.DateField(null=True, blank=True)
    #: the terms as they were, and the version of the book, the convention and the knowledge it was worked out by
    terms = models.JSONField()
    basis = models.JSONField()
    #: a waiver that it takes off
    concession = models.ForeignKey(Concession, on_delete=models.PROTECT, null=True, blank=True, related_name="quotes")
    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, null=True, blank=True, related_name="quotes")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["loan_number"],
                condition=models.Q(state__in=["offered", "accepted", "paid", "differs"]),
                name="one_live_quote_per_loan",
            ),
            models.CheckConstraint(
                condition=models.Q(total_minor__gt=0, pay_by__gte=models.F("made_on")),
                name="a_quote_asks_for_something",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["paid", "differs"])
                | models.Q(paid_on__isnull=False, paid_minor__gte=models.F("total_minor")),
                name="nothing_is_paid_by_less_than_the_quote",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "pay_by"]),
            models.Index(fields=["together"], condition=models.Q(together__isnull=False), name="quotes_made_together"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class QuotePart(models.Model):
    """Of one component: what the plan asks for, what is waived by a concession, what the quote asks for."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="parts", db_index=False)
    component = models.CharField(max_length=14)
    contract_minor = models.BigIntegerField()
    waived_minor = models.BigIntegerField(default=0)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "component"], name="one_quote_part_per_component"),
            models.CheckConstraint(
                condition=models.Q(contract_minor__gte=0, amount_minor__gte=0, waived_minor__gte=0),
                name="quote_parts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(waived_minor=0) | models.Q(component__in=["penalty", "late_fee"]),
                name="a_quote_waives_penalty_and_late_fee_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quote_id} {self.component}"


class QuoteStep(models.Model):
    """One step in the life of a quote. Appended, never edited."""

    quote = models.ForeignKey(Quote, on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    action = models.CharField(max_length=12)
    state = models.CharField(max_length=12)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    #: business day
    on = models.DateField()
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["quote", "seq"], name="quote_steps_are_numbered")]

    def __str__(self) -> str:
        return f"{self.quote_id} {self.action}"
