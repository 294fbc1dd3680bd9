"""Visits: asked of the gate before, made by two, reported after."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Case, Contact
from shouyue.compliance.models import Attempt
from shouyue.people.models import User


class Visit(models.Model):
    """One visit (外访). Begun only where the gate let it through (``attempt``); its outcome is a ``Contact``."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        BEGUN = "begun", _("On the way")
        REPORTED = "reported", _("Reported")
        CANCELLED = "cancelled", _("Cancelled")

    class Place(models.TextChoices):
        HOME = "home", _("home")
        WORK = "work", _("work")
        OTHER = "other", _("another place")

    class Why(models.TextChoices):
        CALLS = "calls", _("Calls had no effect")
        BROKEN = "broken", _("A promise was broken")
        LOST = "lost", _("He cannot be reached")
        LARGE = "large", _("A large amount")
        FRAUD = "fraud", _("Suspected fraud")
        ASKED = "asked", _("He asked for it")

    #: given by the page, so that a repeated request plans no second visit
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    first = models.ForeignKey(User, on_delete=models.PROTECT, related_name="visits")
    second = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=10, choices=Place.choices)
    why = models.CharField(max_length=10, choices=Why.choices)
    planned_for = models.DateTimeField()
    #: the borrower himself agreed to be met there
    agreed = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    begun_at = models.DateTimeField(null=True)
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, null=True, related_name="visit")
    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, null=True, related_name="visit")
    #: number under which the archive keeps the receipt, photos and signed papers
    reference = models.CharField(max_length=100, blank=True)
    #: why it was cancelled
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(state__in=["planned", "begun"]), name="one_open_visit_of_a_case"
            ),
            models.CheckConstraint(condition=~models.Q(first=models.F("second")), name="a_visit_has_two_persons"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["begun", "reported"])
                | models.Q(attempt__isnull=False, begun_at__isnull=False),
                name="no_visit_outside_the_gate",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="reported") | models.Q(contact__isnull=False),
                name="a_reported_visit_has_its_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"
