"""What was told of the borrower that the lender's file says otherwise: where he lives, where he works."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Case, Contact, Customer
from shouyue.people.models import User


class ToldDetail(models.Model):
    """An address or an employer as it was told. Appended, never edited."""

    class What(models.TextChoices):
        ADDRESS = "address", _("Address")
        EMPLOYER = "employer", _("Employer")

    #: the asker's, so that saying it again adds nothing; the id tells which came last
    key = models.UUIDField(unique=True, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="told_details")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: in which it was told; none where a record says it
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    value = models.CharField(max_length=300)
    #: of an address, where it is not part of it
    city = models.CharField(max_length=100, blank=True)
    #: of an address, the time zone where it is another than the lender's file has
    zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    #: one of ``casework.numbers.SOURCES``
    source = models.CharField(max_length=10)
    reference = models.CharField(max_length=100, blank=True)
    #: the borrower confirmed that letters reach him there
    letters = models.BooleanField(default=False)
    #: the lender's file has said the same since, and counts again; set by the daily cycle
    settled = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} {self.what}"

    @property
    def lines(self) -> list[str]:
        """Of an address, as on an envelope."""
        return [line for line in (self.city, self.value) if line]
