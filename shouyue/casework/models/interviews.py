"""What the customer said in the signing interview, in versions."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.casework.models.cases import Customer
from shouyue.people.models import User


class InterviewForm(models.Model):
    """A form as it was when it was first asked by, so that old answers are read by the questions they answered."""

    digest = models.CharField(max_length=64, primary_key=True)
    version = models.CharField(max_length=20)
    #: JSON as text, as its order is the order in which is asked
    content = models.TextField()
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.version


class Interview(models.Model):
    """All answers as they stood from one interview or correction on. Appended, never edited."""

    class Kind(models.TextChoices):
        INTERVIEW = "interview", _("Interview")
        CORRECTION = "correction", _("Correction")

    #: given by the page, so that a repeated request adds no second version
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="interviews", db_index=False)
    seq = models.PositiveIntegerField()
    form = models.ForeignKey(InterviewForm, on_delete=models.PROTECT, related_name="interviews")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    #: the day on which it was said
    held_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    answers = models.JSONField(default=dict)
    #: who wrote it down; nobody where it came from another system
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    #: code of the lender's system that it was imported from
    source = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "seq"], name="interviews_are_numbered")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.seq}"


class InterviewDraft(models.Model):
    """What one user has typed into the form and not saved yet, by the name of the field."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="interview_drafts", db_index=False)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    sent = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "by"], name="one_interview_draft_of_a_user")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.by_id}"
