"""What the law's side of the desk keeps: whom the budget belongs to, every decision, every attempt, every change.

All of it is appended and never edited; triggers in the database refuse UPDATE and DELETE (see migrations).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


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
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    staff_id = models.BigIntegerField(null=True)
    #: code of the agency whose contact it is; empty for the lender's own
    agency = models.CharField(max_length=64, blank=True)
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
    """A contact that the gate let through, or that was reported after the event: it counts against the budget."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    decision = models.OneToOneField(GateDecision, on_delete=models.PROTECT, related_name="attempt")
    at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    number_key = models.CharField(max_length=64, blank=True)
    staff_id = models.BigIntegerField(null=True)
    #: loan numbers it was about; empty when it was about the person's debts at large
    loans = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    agency = models.CharField(max_length=64, blank=True)
    #: made because the person had asked for it, and as the pack had it that still counted
    asked_for = models.BooleanField(default=False)
    #: when it was reported, for a contact that the gate was not asked about beforehand
    reported_at = models.DateTimeField(null=True)

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
        WRONG_NUMBER = "wrong_number"  # answered; the number is not that of the person it was given for
        SENT = "sent"  # a message or a letter went out

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="outcomes")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    staff_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.kind}"


class Wish(models.Model):
    """What somebody said about being contacted: given, or ended. The newest row of a kind and scope counts.

    The subject is the borrower (``person``), a number whoever answers it (``number_key``), or that number as the
    borrower's (both); whoever was met at a place of the borrower's has no number of his own. Appended, never edited.
    """

    class Kind(models.TextChoices):
        AGREED_QUIET_HOURS = "agreed_quiet_hours", _("Agrees to contacts in quiet hours")
        AGREED_MORE_ATTEMPTS = "agreed_more_attempts", _("Agrees to more attempts")
        AGREED_PRIVATE_ACCOUNT = "agreed_private_account", _("Agrees to a private account")
        PRIOR_CONSENT = "prior_consent", _("Consents to calls beforehand")
        INCONVENIENT_TIME = "inconvenient_time", _("Calls a time inconvenient")
        INCONVENIENT_PLACE = "inconvenient_place", _("Calls a place inconvenient")
        CHANNEL_REFUSED = "channel_refused", _("Refuses a way of contact")
        REPRESENTED = "represented", _("Is represented by a lawyer")
        CONSENT = "consent", _("A contact agrees to be contacted")
        CONTACT_REFUSED = "contact_refused", _("A contact refuses to be contacted")
        WRONG_NUMBER = "wrong_number", _("The number is not the person's")
        REFUSED_AT_PLACE = "refused_at_place", _("Somebody met at a place refuses to be contacted")

    class Evidence(models.TextChoices):
        CALL = "call", _("Said in a recorded call")
        WRITTEN = "written", _("In writing")
        VISIT = "visit", _("Said at a visit")
        FILE = "file", _("From the lender's file")
        AGENCY = "agency", _("Reported by an agency")

    #: given by the page or the file, so that a repeated request adds no second row
    key = models.UUIDField(unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="wishes", null=True, db_index=False)
    number_key = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    #: False ends what was given before
    given = models.BooleanField(default=True)
    #: empty means all
    channels = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    purposes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    #: begins, ends, weekdays of an inconvenient time; place; relation of whoever refused at the place
    details = models.JSONField(default=dict)
    at = models.DateTimeField()
    evidence = models.CharField(max_length=20, choices=Evidence.choices)
    #: number of the contact, letter or recording; never a name or a phone number
    evidence_ref = models.CharField(max_length=64, blank=True)
    staff_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "at"]), models.Index(fields=["number_key", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False) | ~models.Q(number_key=""), name="wish_has_a_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {'given' if self.given else 'ended'}"


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
        indexes = [
            models.Index(fields=["subject"]),
            models.Index(fields=["at"]),
            models.Index(fields=["action", "seq"]),
            models.Index(fields=["actor", "seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class AuditSeal(models.Model):
    """The chain's root at the end of a day: what was published of it."""

    day = models.DateField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.hash}@{self.seq}"
