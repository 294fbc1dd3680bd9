"""What of contact data the lender's core was told: which rows, by digest, never the data itself."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.casework.models.cases import Customer
from shouyue.casework.models.concessions import Instruction


class ToldLine(models.Model):
    """One line of a file of contact data. It is drawn from its row again, as long as that is not erased."""

    class Change(models.TextChoices):
        NUMBER_ADDED = "number_added", _("New number")
        NUMBER_CORRECTED = "number_corrected", _("Number corrected")
        NUMBER_MARKED = "number_marked", _("Number marked")
        ADDRESS = "address", _("Address")
        EMPLOYER = "employer", _("Employer")

    class Because(models.TextChoices):
        FILE = "file", _("The lender's file says the same")
        LATER = "later", _("Told otherwise since")
        NOTHING = "nothing", pgettext_lazy("of what the core was told", "Nothing to take in")

    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, related_name="lines", db_index=False)
    line = models.PositiveIntegerField()
    change = models.CharField(max_length=16, choices=Change.choices)
    #: of a ``ToldDetail`` for an address or an employer, of a ``TimelineEntry`` for a number
    row = models.BigIntegerField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    #: the contact point; null for an address or an employer
    number = models.BigIntegerField(null=True)
    #: what of the number was corrected
    fields = ArrayField(models.CharField(max_length=10), default=list)
    #: keyed digest of the line as it was written
    digest = models.CharField(max_length=32)
    #: the same without the holder's name, where a name may stand in the line; empty in lines from before there was one
    but_name = models.CharField(max_length=32, blank=True, default="", db_default="")
    #: business day on which it stood no more beside the lender's file, and why
    settled_on = models.DateField(null=True)
    settled_because = models.CharField(max_length=8, choices=Because.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instruction", "line"], name="told_lines_are_numbered"),
            models.UniqueConstraint(fields=["change", "row"], name="told_to_the_core_once"),
        ]
        indexes = [
            models.Index(fields=["number"], name="told_lines_that_wait", condition=models.Q(settled_on__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.instruction_id} {self.line}"
