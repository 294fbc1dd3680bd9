"""Letters and what became of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models import Case
from shouyue.compliance.models import Attempt
from shouyue.people.models import User


class Counter(models.Model):
    """The last number given in a year; letters are numbered without gaps."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Letter(models.Model):
    """A letter as it was made. Its words never change; what becomes of it is told by its events, the newest counts."""

    class State(models.TextChoices):
        MADE = "made", _("Made")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters")
    #: None for a letter that asks for nothing, as a statement on request
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="letter", null=True)
    template = models.CharField(max_length=60)
    template_digest = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    #: everything that the page shows, as text: the letter can be drawn again from it
    content = models.JSONField()
    #: of the archived file; empty until it is drawn
    sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MADE)
    made_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["state", "-made_at"])]

    def __str__(self) -> str:
        return self.number


class LetterEvent(models.Model):
    """A step of a letter, appended."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="events", db_index=False)
    state = models.CharField(max_length=10, choices=Letter.State.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    #: number of the consignment; never a name or an address
    tracking = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["letter", "state"], name="one_event_per_state")]

    def __str__(self) -> str:
        return f"{self.state} {self.letter_id}"
