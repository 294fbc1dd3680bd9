"""The desk's working state: customers with work to do, their loans as of the published day, cases, contacts, promises.

Customers, contact points, loans and the published half of a case are written by the daily cycle alone and can be made
again from the book; contacts, promises and handovers are written by people and are never rewritten by it.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from shouyue.compliance.models import Attempt, Person
from shouyue.people.models import Store, User


class Customer(models.Model):
    """A borrower with a case now or in the past, as the lender's file gave him."""

    customer_id = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="customers", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="customers", db_index=False)
    name = models.CharField(max_length=100, blank=True)
    id_number = models.CharField(max_length=32, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    born_on = models.DateField(null=True)
    marital_status = models.CharField(max_length=60, blank=True)
    occupation = models.CharField(max_length=100, blank=True)
    employer = models.CharField(max_length=200, blank=True)
    income_minor = models.BigIntegerField(null=True)
    salary_day = models.PositiveSmallIntegerField(null=True)
    address = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    #: where he lives by what was told at the desk (casework/details), until the lender's file says the same
    told_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    language = models.CharField(max_length=20, blank=True)
    vulnerable = models.BooleanField(default=False)
    #: why head office ended the work on him, a reason of casework/ending.py; empty while he may have a case
    ended_because = models.CharField(max_length=20, blank=True, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["store", "name"]),
            models.Index(fields=["name"], name="customer_name_prefix", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["person"], name="customer_person"),
        ]
        constraints = [models.UniqueConstraint(fields=["customer_id"], name="one_customer_per_number")]

    def __str__(self) -> str:
        return self.customer_id

    @property
    def told_zones(self) -> tuple[str, ...]:
        """For the gate: where else it must not be quiet."""
        return (self.told_zone,) if self.told_zone else ()


class ContactPoint(models.Model):
    """A number by which the borrower, or somebody around him, may be reached."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_points", db_index=False)
    phone = models.CharField(max_length=32)
    #: last four digits, for search
    phone_end = models.CharField(max_length=4, blank=True)
    relation = models.CharField(max_length=20, default="self")
    name = models.CharField(max_length=100, blank=True)
    place = models.CharField(max_length=20, blank=True)
    knows_of_loan = models.BooleanField(null=True)
    #: what the customer said of it in the interview; the lender's file does not touch it
    said_to_know = models.BooleanField(null=True)
    consent = models.BooleanField(null=True)
    #: does the contract bind this guarantor? Said by a manager (casework/guarantors.py); the file does not touch it
    liable = models.BooleanField(null=True)
    rank = models.PositiveSmallIntegerField(default=0)
    #: when a rep wrote it down (casework/numbers.py); null: from the lender's file
    added_at = models.DateTimeField(null=True)
    #: day on which the lender's file brought it for a customer who was on the desk before; null: he came with it, or
    #: the desk was told
    came_on = models.DateField(null=True)
    #: what a rep last found out of it (casework/numbers.py), and when; the file does not touch it
    mark = models.CharField(max_length=20, blank=True, default="", db_default="")
    marked_at = models.DateTimeField(null=True)
    #: where the desk was told otherwise (casework/number_corrections.py), what the lender's file says of ``relation``,
    #: ``place``, ``name``; the columns themselves hold what counts. Null: all of it is the file's
    filed = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "phone"], name="one_contact_point_per_phone")]
        indexes = [models.Index(fields=["phone_end"])]

    def __str__(self) -> str:
        return f"{self.pk} {self.relation}"

    @property
    def knows(self) -> bool | None:
        """Does he know of the loan: by the customer's own word, else by the lender's file."""
        return self._of_holder(self.knows_of_loan) if self.said_to_know is None else self.said_to_know

    @property
    def agreed(self) -> bool | None:
        """Did he agree to be contacted, by the lender's file."""
        return self._of_holder(self.consent)

    @property
    def anothers(self) -> bool:
        """Does the lender's file speak of somebody else than whoever has the number?"""
        filed = self.filed or {}
        return "relation" in filed or bool(filed.get("name"))

    def _of_holder(self, said: bool | None) -> bool | None:
        """What the file says of him: of another person's answers a yes is not his, and a no stays with the number."""
        return None if said and self.anothers else said


class Loan(models.Model):
    """A loan of a customer with a case, with its arrears as of the case's published day.

    It names no day of its own, so that a loan to which nothing happened is not written every day.
    """

    loan_id = models.CharField(max_length=64)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="loans")
    product = models.CharField(max_length=100, blank=True)
    goods = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    principal_minor = models.BigIntegerField(null=True)
    opened_on = models.DateField(null=True)
    term = models.PositiveIntegerField(null=True)
    debit_account = models.CharField(max_length=32, blank=True)
    pays_corporate = models.BooleanField(default=False)
    wants_early_settlement = models.BooleanField(default=False)
    dpd = models.IntegerField()
    bucket = models.CharField(max_length=10)
    overdue_minor = models.BigIntegerField()
    oldest_unpaid_due = models.DateField(null=True)
    next_due = models.DateField(null=True)
    next_due_minor = models.BigIntegerField(default=0)
    debit_date = models.DateField(null=True)
    outstanding_minor = models.BigIntegerField(default=0)
    outstanding_principal_minor = models.BigIntegerField(default=0)
    outstanding_interest_minor = models.BigIntegerField(default=0)
    outstanding_fee_minor = models.BigIntegerField(default=0)
    outstanding_penalty_minor = models.BigIntegerField(default=0)
    outstanding_late_fee_minor = models.BigIntegerField(default=0)
    last_payment_on = models.DateField(null=True)
    last_payment_minor = models.BigIntegerField(null=True)
    times_late = models.IntegerField(default=0)
    #: days early (negative) or late of the last six due instalments, newest first
    lateness = ArrayField(models.IntegerField(null=True), default=list)
    #: instalments in due order: [{seq, due, debit, amount, paid, met_on}], money in minor units; counts_from in those
    #: that the convention counts from another day than the due one. Nothing in it changes by a day's going by.
    schedule = models.JSONField(default=list)
    #: of the schedule as it was published; empty: publish it anew
    schedule_digest = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loan_id"], name="one_loan_per_number")]

    def __str__(self) -> str:
        return self.loan_id


class Phase(models.TextChoices):
    REMINDER = "reminder", _("Reminder")
    COLLECTION = "collection", _("Collection")


class Case(models.Model):
    """The work on one customer over all his loans. At most one is open at a time."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class CloseReason(models.TextChoices):
        CURED = "cured", _("Cured")  # was late, owes nothing overdue
        PAID = "paid", _("Paid")  # reminded, and paid on time
        SETTLED = "settled", _("Settled")  # nothing outstanding at all
        NO_WORK = "no_work", _("No work by the strategy")
        WITHDRAWN = "withdrawn", _("Withdrawn")  # no longer in the lender's book, or taken back from the desk
        # ended by head office, see casework/ending.py
        DECEASED = "deceased", _("Deceased")
        FRAUD = "fraud", _("Fraud")
        IDENTITY_THEFT = "identity_theft", _("Identity theft")
        BANKRUPT = "bankrupt", _("Bankrupt")
        SOLD = "sold", _("Sold")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="cases")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    close_reason = models.CharField(max_length=20, choices=CloseReason.choices, blank=True)

    # what the strategy said on the published day
    as_of = models.DateField()
    strategy = models.CharField(max_length=80)
    phase = models.CharField(max_length=20, choices=Phase.choices)
    #: the day this case last came from reminder (or from nothing) into collection
    inflow_on = models.DateField(null=True, blank=True)
    segment = models.CharField(max_length=60)
    stage = models.CharField(max_length=40, blank=True)
    treatment = models.CharField(max_length=60, blank=True)
    rule = models.CharField(max_length=80, blank=True)
    priority = models.IntegerField(default=0)
    minutes = models.PositiveIntegerField(default=4)
    best_time = models.CharField(max_length=11, blank=True)
    #: the strategy keeps the case open without a call (promise not yet due, dispute, reminded already)
    hold = models.BooleanField(default=False)
    #: an agency works it: on nobody's list of the day (casework/agencies)
    placed = models.BooleanField(default=False, db_default=False)
    #: held because the customer is in the permanent hold-out: on nobody's list of the day
    left_alone = models.BooleanField(default=False)
    reason_zh = models.TextField(blank=True)
    reason_en = models.TextField(blank=True)
    dpd = models.IntegerField(default=0)
    bucket = models.CharField(max_length=10, default="C")
    currency = models.CharField(max_length=3, default="CNY")
    overdue_minor = models.BigIntegerField(default=0)
    due_minor = models.BigIntegerField(default=0)
    next_due = models.DateField(null=True, blank=True)

    # who works on it
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="cases")
    assigned_on = models.DateField(null=True, blank=True)
    assigned_because_zh = models.CharField(max_length=300, blank=True)
    assigned_because_en = models.CharField(max_length=300, blank=True)

    # what has been done; written by casework, kept by the daily cycle
    last_contact_at = models.DateTimeField(null=True, blank=True)
    last_result = models.CharField(max_length=30, blank=True)
    #: not before this moment; null is now
    next_action_at = models.DateTimeField(null=True, blank=True)
    next_action = models.CharField(max_length=30, blank=True)
    #: when the borrower himself asked for the call back that is the next action; null: nobody did, or somebody else
    call_asked_at = models.DateTimeField(null=True, blank=True)
    #: not before this moment by the law, as of the last contact or wish, and why; null: nothing is known against it
    barred_until = models.DateTimeField(null=True, blank=True)
    barred_zh = models.CharField(max_length=300, blank=True, db_default="")
    barred_en = models.CharField(max_length=300, blank=True, db_default="")
    #: business day on which the day's work on it was finished
    done_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(status="open"), name="one_open_case_per_customer"
            )
        ]
        indexes = [
            # with the store, so that a list of fifty reads fifty rows in their order and not all that the rep has
            models.Index(
                fields=["assignee", "store", "-priority", "id"], condition=models.Q(status="open"), name="case_my_day"
            ),
            models.Index(fields=["store", "-priority", "id"], condition=models.Q(status="open"), name="case_store_day"),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class ScriptText(models.Model):
    """The text of a script that calls went by, known by its SHA-256. Appended, never edited."""

    digest = models.CharField(primary_key=True, max_length=64)
    text = models.TextField()

    def __str__(self) -> str:
        return self.digest[:12]


class Contact(models.Model):
    """One contact with a person about a case. Exists only where the gate let it through (``attempt``)."""

    class Status(models.TextChoices):
        STARTED = "started", _("In progress")
        FINISHED = "finished", _("Finished")

    class Reached(models.TextChoices):
        SELF = "self", _("The borrower")
        GUARANTOR = "guarantor", _("A guarantor")
        OTHER = "other", _("Somebody else")
        NOBODY = "nobody", _("Nobody answered")
        OFF = "off", _("Switched off")
        INVALID = "invalid", _("Number does not work")
        WRONG = "wrong", _("Wrong number")

    class Result(models.TextChoices):
        PROMISE = "promise", _("Promise to pay")
        CONFIRMED = "confirmed", _("Will keep the promise")
        WILL_DEPOSIT = "will_deposit", _("Will deposit before the debit date")
        PAID = "paid", _("Says it is paid")
        CALL_BACK = "call_back", _("Asked for a call back")
        MESSAGE_LEFT = "message_left", _("Message left, nothing disclosed")
        REFUSED = "refused", _("Refuses to pay")
        DISPUTE = "dispute", _("Disputes the debt")
        HARDSHIP = "hardship", _("In hardship")
        STOP = "stop", _("Asks not to be contacted again")
        NO_RESULT = "no_result", _("No result")

    class WhyLate(models.TextChoices):
        AWAY = "away", _("Away, account short")
        DEBIT_FAILED = "debit_failed", _("Debit failed for a technical cause")
        FORGOT = "forgot", _("Forgot")
        CASH_FLOW = "cash_flow", _("Short of cash for now")
        HABIT = "habit", _("Habitually late")
        DISPUTE = "dispute", _("Dispute about goods or contract")
        BUSINESS = "business", _("Business in distress")
        HARDSHIP = "hardship", _("Hardship, illness, family")
        UNWILLING = "unwilling", _("Unwilling")

    class Manner(models.TextChoices):
        """How the borrower came across: a note for whoever talks to him next."""

        FRIENDLY = "friendly", _("Friendly")
        HESITANT = "hesitant", _("Hesitant")
        SILENT = "silent", _("Says little")
        ANGRY = "angry", _("Upset")
        EXPERIENCED = "experienced", _("Experienced")
        IN_NEED = "in_need", _("In real need")

    #: given by the page that starts the call, so that a repeated request starts no second call
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contacts", db_index=False)
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="contact")
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.SET_NULL, null=True, related_name="contacts")
    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contacts")
    channel = models.CharField(max_length=20, default="call")
    #: the person rang us
    inbound = models.BooleanField(default=False)
    purpose = models.CharField(max_length=20, choices=Phase.choices)
    business_day = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.STARTED)
    #: the script that the call goes by, whatever is released meanwhile; none on calls from before they were kept
    script = models.ForeignKey(ScriptText, on_delete=models.PROTECT, null=True, related_name="+")
    #: the facts that chose it and left parts of it out, as they were when the call began
    script_facts = models.JSONField(default=dict)
    #: the script's elements as they were ticked: {element id: outcome}
    elements = models.JSONField(default=dict)
    reached = models.CharField(max_length=20, choices=Reached.choices, blank=True)
    result = models.CharField(max_length=20, choices=Result.choices, blank=True)
    why_late = models.CharField(max_length=20, choices=WhyLate.choices, blank=True)
    manner = models.CharField(max_length=20, choices=Manner.choices, blank=True, default="", db_default="")
    note = models.TextField(blank=True, max_length=2000)

    class Meta:
        indexes = [
            models.Index(fields=["business_day", "staff"]),
            models.Index(fields=["case", "started_at"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Handover(models.Model):
    """A case passed from one colleague to another with the whole story (提醒移交)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    giver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_given", null=True)
    taker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_taken")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="handovers_ordered")
    at = models.DateTimeField()
    reason = models.CharField(max_length=20)
    note = models.TextField(blank=True, max_length=2000)

    def __str__(self) -> str:
        return str(self.id)


class TimelineEntry(models.Model):
    """One thing that happened to a case, in the order it happened. Appended, never edited."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Case opened")
        PHASE = "phase", _("Came into collection")
        SEGMENT = "segment", _("Segment changed")
        ALLOCATED = "allocated", _("Allocated")
        HANDED_OVER = "handed_over", _("Handed over")
        CONTACT = "contact", _("Contact")
        REFUSED = "refused", _("Refused by the gate")
        PROMISE = "promise", _("Promise")
        PROMISE_JUDGED = "promise_judged", _("Promise judged")
        PROMISE_CONFIRMED = "promise_confirmed", _("Promise confirmed")
        PROMISE_CANCELLED = "promise_cancelled", _("Promise cancelled")
        PAYMENT = "payment", _("Payment")
        REVEALED = "revealed", _("Personal data revealed")
        MATTER = "matter", _("Matter")
        PLAN = "plan", _("Payment plan")
        CONCESSION = "concession", _("Concession")
        QUOTE = "quote", _("Early settlement")
        LETTER = "letter", _("Letter")
        LOST = "lost", _("Lost contact")
        INTERVIEW = "interview", _("Interview")
        VISIT = "visit", _("Visit")
        WISH = "wish", _("Wish")
        GUARANTOR = "guarantor", _("Guarantor")
        NUMBER = "number", _("New number")
        TOLD = "told", _("Address or employer told")
        PLACED = "placed", _("Agency")
        NOTE = "note", _("Note")
        CLOSED = "closed", _("Case closed")
        TAKEN_UP = "taken_up", _("Work taken up again")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    #: what makes it unique within the case, so that writing it twice leaves one
    ref = models.CharField(max_length=100)
    #: values the page puts into words; money in minor units
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "ref"], name="one_timeline_entry_per_ref")]
        indexes = [
            models.Index(fields=["case", "-at", "-id"]),
            # what the lender's core is told of numbers
            models.Index(fields=["id"], name="timeline_of_numbers", condition=models.Q(kind="number")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
