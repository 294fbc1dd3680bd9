"""What the law's side of the desk keeps: whom the budget belongs to, every decision, every attempt, every change.

All of it is appended and never edited; triggers in the database refuse UPDATE and DELETE (see migrations).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Person(models.Model):
    """One human being over all loans, brands and agencies. Its row is the lock of the contact budget.

    ``key`` is a keyed digest of the identity document where the lender gave one, else of the customer number: no
    personal data, yet the same for the same person.
    """

    key = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return self.key


class PolicyPack(models.Model):
    """A rule pack as it was when a decision was taken by it, so that the decision can be recomputed years later."""

    digest = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=64)
    #: the parsed files, base and house
    content = models.JSONField()
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class GateDecision(models.Model):
    """The gate's answer to one question, with all it looked at. Stored whether it said yes or no."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    staff_id = models.BigIntegerField(null=True)
    #: keyed digest of the number, never the number
    number_key = models.CharField(max_length=64, blank=True)
    allowed = models.BooleanField()
    pack = models.CharField(max_length=64)
    pack_digest = models.CharField(max_length=64)
    #: every rule that spoke: id, verdict, severity, value, counters, citation
    findings = models.JSONField()
    #: everything the rules were given, enough to recompute the answer
    inputs = models.JSONField()
    next_allowed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "at"])]

    def __str__(self) -> str:
        return f"{self.id} {'allowed' if self.allowed else 'refused'}"


class Attempt(models.Model):
    """A contact that the gate let through: it counts against the person's budget from this moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="attempts")
    decision = models.OneToOneField(GateDecision, on_delete=models.PROTECT, related_name="attempt")
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    number_key = models.CharField(max_length=64, blank=True)
    staff_id = models.BigIntegerField(null=True)
    #: loan numbers it was about; empty when it was about the person's debts at large
    loans = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "at"]), models.Index(fields=["number_key", "at"])]

    def __str__(self) -> str:
        return str(self.id)


class AttemptOutcome(models.Model):
    """What became of an attempt. The newest row counts; a correction is a further row."""

    class Kind(models.TextChoices):
        NOT_CONNECTED = "not_connected"  # never rang: invalid number, network
        UNANSWERED = "unanswered"
        ANSWERED = "answered"  # somebody spoke, no conversation about the matter with the borrower
        CONVERSATION = "conversation"  # effective interactive conversation with the borrower

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    staff_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.kind}"


class AuditEntry(models.Model):
    """One change, chained: ``hash`` covers this entry's content and the hash before it."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    #: user id, or null for the system
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    #: what was changed, as ``type:id``; never a name or a phone number
    subject = models.CharField(max_length=128)
    data = models.JSONField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["subject"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"
