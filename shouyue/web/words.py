"""Words for the ids that the desk's records hold: relations, places, reasons, next actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from shouyue import strategy
from shouyue.base.errors import ShouyueError
from shouyue.casework.matters.kinds import kinds
from shouyue.compliance.models import Wish
from shouyue.daily import strategies
from shouyue.web import showing

Words = dict[str, LazyText]

RELATIONS: Words = {
    "self": _("The borrower"),
    "guarantor": _("Guarantor"),
    "spouse": _("Spouse"),
    "parent": _("Parent"),
    "child": _("Child"),
    "relative": _("Relative"),
    "friend": _("Friend"),
    "colleague": _("Colleague"),
    "employer": _("Employer"),
    "other": _("Other contact"),
}
PLACES: Words = {"mobile": _("mobile"), "home": _("home"), "work": _("work"), "other": _("another place")}
NUMBER_SOURCES: Words = {
    "borrower": _("The borrower told it"),
    "contact": _("A contact told how to reach the borrower"),
    "records": _("From the lender's own records"),
}
NUMBER_MARKS: Words = {
    "verified": _("Verified: its holder was reached"),
    "out_of_service": _("Not in service"),
    "wrong": _("Not this person's number"),
}
NUMBER_TELLERS: Words = {"borrower": _("The borrower told it"), "contact": _("A contact, or who answered there")}
DETAIL_SOURCES: Words = {
    "borrower": _("The borrower told it"),
    "contact": _("Somebody else told it"),
    "records": _("From the lender's own records"),
}
CORRECTION_SOURCES: Words = {
    "borrower": _("The borrower told it"),
    "contact": _("Whoever has the number told it"),
    "records": _("From the lender's own records"),
}
REVEAL_REASONS: Words = {
    "call": _("To make this call"),
    "identity_check": _("To check the identity"),
    "correct_data": _("To correct data"),
    "complaint": _("To handle a complaint"),
    "inspection": _("Inspection"),
    "send": _("To print and send it"),
    "customer_asks": _("The customer asks for it"),
}
#: why contact data for the core is taken, of ``contact_changes.exporting.REASONS``
CORE_REASONS: Words = {
    "core": _("For the lender's core to take in"),
    "again": _("The file was lost"),
    "check": _("To check figures"),
    "inspection": _("Inspection"),
}
#: why a list is taken along, of ``export.REASONS``
EXPORT_REASONS: Words = {
    "work": _("To work through the list"),
    "report": _("For a report"),
    "check": _("To check figures"),
    "inspection": _("Inspection"),
    "authority": _("An authority asks for it"),
}
PERSONAL_FIELDS: Words = {
    "letter": _("Letter"),
    "phone": _("Phone"),
    "id_number": _("ID number"),
    "employer": _("Employer"),
    "address": _("Address"),
    "told_employer": _("Employer, as it was told"),
    "told_address": _("Address, as it was told"),
    "born_on": _("Date of birth"),
}
#: the actions of people.permissions
ACTIONS: Words = {
    "core.view": _("See what of contact data the lender's core was told"),
    "core.export": _("Take along contact data for the lender's core"),
    "case.view": _("See cases: a rep and a manager those of their store"),
    "case.work": _("Work cases: call, note, promise"),
    "case.hand_over": _("Hand over one's own cases"),
    "case.hand_over_any": _("Hand over anybody's cases of the store"),
    "case.end": _("End cases for good: deceased, fraud, bankrupt, sold and the like"),
    "guarantor.say": _("Say whether the contract binds a guarantor"),
    "matter.open": _("Open a matter: dispute, hardship, complaint and the like"),
    "matter.work": _("Work matters and release what they stopped"),
    "convention.compare": _("Compare ways of counting lateness"),
    "quote.make": _("Quote what settles a loan early, and write down that the customer accepts"),
    "quote.close": _("Withdraw anybody's early settlement quote, and close one that the core does not show"),
    "concession.propose": _("Propose to waive penalty interest and late fees"),
    "concession.approve": _("Approve a waiver that somebody else proposed, within limits"),
    "reconciliation.view": _("Read the reconciliation with the lender's balances"),
    "reconciliation.export": _("Export the reconciliation"),
    "letter.make": _("Write letters and follow them"),
    "personal.reveal": _("See masked values in full, with a reason"),
    "cases.export": _("Export lists of cases"),
    "today.view": _("See the day of the team"),
    "today.all_stores": _("See the day of all stores"),
    "audit.view": _("Read the audit trail"),
    "decision.view": _("Read the gate's decisions"),
    "script.view": _("Read scripts"),
    "script.edit": _("Write scripts"),
    "script.approve": _("Approve a script of somebody else"),
    "script.release": _("Release a script"),
    "script.roll_back": _("Go back to the script before"),
    "interview.import": _("Take in interviews of another system"),
    "strategy.view": _("Read strategies"),
    "strategy.edit": _("Write strategies"),
    "strategy.approve": _("Approve a strategy of somebody else"),
    "strategy.release": _("Release a strategy"),
    "strategy.roll_back": _("Go back to the strategy before"),
    "trial.run": _("Try a strategy on a past day"),
    "trial.view": _("Read what a try of a strategy showed"),
    "trial.export": _("Export what a try of a strategy showed"),
    "experiment.view": _("Read the results of experiments"),
    "people.manage": _("Let people in and keep them out"),
    "exam.view": _("See who has passed the examination: a manager of the store's"),
    "exam.record": _("Record that a colleague has passed the examination"),
    "agency.view": _("See agencies and their tokens"),
    "agency.manage": _("Let agencies' systems in and keep them out"),
    "agency.place": _("Place cases with agencies and take them back"),
    "permissions.view": _("Read this table"),
}
LETTERS: Words = {
    "reminder": _("Payment reminder"),
    "arrears": _("Notice of arrears"),
    "statement": _("Statement of the case"),
    "settlement": _("Early settlement quote"),
}
REASON_STEPS: Words = {
    "plan": _("New plan"),
    "matter": _("New matter"),
    "concession": _("New concession"),
    "hand_over": _("Hand over"),
    "visit": _("Visit"),
    "address": _("New address or employer"),
}
HANDOVER_REASONS: Words = {
    "hostile": _("Hostile call: another person, another tone"),
    "language": _("Language or dialect"),
    "away": _("Away"),
    "workload": _("Too much work"),
    "skill": _("Needs another skill"),
    "other": _("Other reason"),
}
PROMISE_ENDS: Words = {
    "newer": _("A newer promise took its place"),
    "asked": _("The customer asked for it"),
    "circumstances": _("His circumstances changed"),
    "mistake": _("Entered by mistake"),
    "plan": _("A payment plan took its place"),
    "ended": _("The case was ended"),
    "other": _("Other reason"),
}
PLAN_ENDS: Words = {**PROMISE_ENDS, "newer": _("A newer plan took its place")}
PLAN_EVERY: Words = {"month": _("every month"), "fortnight": _("every two weeks"), "week": _("every week")}
COMPONENTS: Words = {"penalty": _("Penalty interest"), "late_fee": _("Late fees")}
QUOTE_PARTS: Words = {
    **COMPONENTS,
    "principal": _("Principal"),
    "interest": _("Interest"),
    "fee": _("Contract fees"),
    "settlement_fee": _("Fee for settling early"),
}
QUOTE_ACTIONS: Words = {
    "offer": _("offered"),
    "accept": _("accepted by the customer"),
    "replace": _("replaced by a newer one"),
    "withdraw": _("withdrawn"),
    "expire": _("expired unpaid"),
    "export": _("told to the core"),
    "pay": _("paid in full"),
    "unpay": _("payment taken back"),
    "find": _("settled by the core"),
    "differ": _("paid, and not settled by the core yet"),
    "close": _("closed by hand"),
}
QUOTE_DECISIONS: Words = {
    "accept": _("The customer accepts: tell the core"),
    "withdraw": _("Withdraw"),
    "close": _("It is settled: the core's people say so"),
}
WAIVER_REASONS: Words = {
    "hardship": _("Hardship, illness, family"),
    "settles": _("Pays all the rest"),
    "plan": _("Goes with a payment plan"),
    "our_fault": _("The lender's own mistake"),
    "complaint": _("Settles a complaint"),
    "other": _("Other reason"),
}
WAIVER_ACTIONS: Words = {
    "propose": _("proposed"),
    "approve": _("approved"),
    "reject": _("rejected"),
    "withdraw": _("withdrawn"),
    "expire": _("expired"),
    "export": _("told to the core"),
    "find": _("booked by the core"),
    "differ": _("booked otherwise by the core"),
    "refuse": _("not booked by the core"),
    "accept": _("accepted as the core booked it"),
}
WAIVER_DECISIONS: Words = {
    "approve": _("Approve"),
    "reject": _("Reject"),
    "withdraw": _("Withdraw"),
    "refuse": _("The core will not book it"),
    "accept": _("Accept what the core booked"),
}
MATTER_ACTIONS: Words = {
    "open": _("opened"),
    "add": _("evidence added"),
    "assign": _("assigned"),
    "extend": _("deadline moved"),
    "confirm": _("confirmed"),
    "pause": _("paused"),
    "reject": _("rejected"),
    "release": _("released"),
    "reopen": _("taken up again"),
    "lapse": _("the pause is over"),
}
VISIT_ACTIONS: Words = {"plan": _("planned"), "begin": _("begun"), "cancel": _("cancelled")}
MATTER_DECISIONS: Words = {
    "confirm": _("Confirm: it is so"),
    "pause": _("Pause until a day"),
    "reject": _("Reject: it is not so"),
    "release": _("Release: it is over"),
}
NEXT_ACTIONS: Words = {
    "call": _("Call again"),
    "confirm_promise": _("Confirm the promise"),
    "confirm_deposit": _("Confirm the deposit"),
    "check_payment": _("Check the payment"),
    "other": _("Something else"),
}
SEXES: Words = {
    "M": pgettext_lazy("sex", "Male"),
    "F": pgettext_lazy("sex", "Female"),
    "X": pgettext_lazy("sex", "Other"),
}
BUCKETS = ("C", "M1", "M2", "M3", "M4", "M5", "M6", "M7+")
CHANNELS: Words = {
    "call": _("Call"),
    "voice": _("Automated call"),
    "visit": _("Visit"),
    "sms": _("Text message"),
    "email": _("E-mail"),
    "letter": _("Letter"),
    "push": _("Push message"),
    "chat": _("Chat"),
}

#: by ISO number
WEEKDAYS = {
    1: _("Monday"),
    2: _("Tuesday"),
    3: _("Wednesday"),
    4: _("Thursday"),
    5: _("Friday"),
    6: _("Saturday"),
    7: _("Sunday"),
}
#: what a rule of the gate said; keys are compliance.inputs' verdicts
VERDICTS: Words = {
    "passes": _("passes"),
    "refuses": _("refuses"),
    "warns": _("warns"),
    "notice": _("notice"),
    "lifted": _("lifted"),
    "logs": _("logged"),
    "unknown": _("not known"),
}
OUTCOMES: Words = {
    "open": _("not logged"),
    "not_connected": _("not connected"),
    "unanswered": _("unanswered"),
    "answered": _("answered by another"),
    "conversation": _("conversation"),
    "wrong_number": _("wrong number"),
    "sent": _("sent"),
}
#: what a contact says; keys are compliance.rule.CONTENTS
CONTENTS: Words = {
    "debt": _("the debt"),
    "limited": _("who calls, and a wish to be called back"),
    "locate": _("how to reach the person, a message to pass on"),
    "reply": _("a reply to what was asked"),
    "notice": _("a notice that the law asks for"),
}
SEVERITIES: Words = {"block": _("refuses"), "warn": _("warns"), "log": _("logged")}
EVIDENCE: Words = {
    "text": _("the text was read"),
    "press": _("a published summary was read"),
    "house": _("a rule of the house"),
}
#: kinds of rule that say what they do without a value
RULE_KINDS: Words = {
    "stated_times": _("times that the person called inconvenient"),
    "stated_places": _("places that the person called inconvenient"),
    "never": _("always refused"),
    "only_content": _("what may be said"),
}
#: facts that the desk gives (docs/compliance.md)
RULE_FACTS: Words = {
    "promise_due": _("a promise is open"),
    "call_back_at": _("the person asked to be called back"),
    "asked_for": _("the person asked for this contact"),
    "call_asked_for": _("the borrower himself asked to be called"),
    "inbound": _("the person called by himself"),
    "matter_open": _("a matter is open that stops this contact"),
    "matter_paused": _("contact is paused by agreement"),
    "borrower_dead": _("the borrower is dead"),
    "borrower_incapable": _("the borrower has lost legal capacity"),
    "borrower_unreachable": _("the borrower cannot be reached"),
    "knows_of_loan": _("the contact knows of the loan"),
    "consent": _("the contact agreed to be contacted"),
    "guarantor_liable": _("the contract binds the guarantor"),
    "staff_examined_on": _("the colleague's last examination"),
    "recorded_line": _("the line is recorded"),
    "private_account": _("a private phone or account is used"),
    "agency_evaluated_on": _("the agency's last evaluation"),
    "with_agency": _("the case is with an agency"),
    "placed": _("the case is with this agency"),
    "agreed_quiet_hours": _("the person agrees to contacts in quiet hours"),
    "agreed_more_attempts": _("the person agrees to more attempts"),
    "agreed_private_account": _("the person agrees to a private account"),
    "prior_consent": _("the person consented beforehand"),
    "channel_refused": _("the person refused this way of contact"),
    "represented": _("the person is represented by a lawyer"),
    "contact_refused": _("the contact refused"),
    "wrong_number": _("the number is not the person's"),
    "refused_at_place": _("somebody met at the place refused"),
    "relation_refused": _("somebody of this relation refused"),
    "borrower_awaits": _("the borrower agreed to be met there"),
}
COUNTED_PER: Words = {"person": _("per person"), "number": _("per number"), "loan": _("per loan")}
PURPOSES: Words = {"reminder": _("Reminder"), "collection": _("Collection"), "trace": _("Find the borrower")}


PHASES: Words = {"reminder": _("Reminder"), "collection": _("Collection")}
#: what a script's condition may ask, yes or no
SCRIPT_FACTS: Words = {
    "broken_promise": _("Promise broken"),
    "hardship": _("In hardship"),
    "vulnerable": _("Needs special care"),
    "dispute": _("Disputes the debt"),
    "lost_contact": _("Lost contact"),
    "recorded_line": _("The line is recorded"),
    "interviewed": _("There is an interview"),
    "said_pay_day": _("Said on which day he pays"),
    "said_salary_on": _("Said when his salary comes"),
    "said_usual_hours": _("Said at what hours he can be reached"),
    "said_channel": _("Said how he likes to be contacted"),
    "said_pays_how": _("Said how he pays"),
    "said_corporate_account": _("Pays to the corporate account"),
    "said_early_settlement": _("Wants to settle early"),
    "said_not_at_work": _("Not to be contacted at work"),
    "said_if_lost": _("Said how to find him if he is lost"),
}

#: what a sentence of a script may use, in the order in which the editor lists it
SCRIPT_VALUES: Words = {
    "name": _("the borrower"),
    "staff": _("who calls"),
    "lender": _("the lender's name"),
    "due_date": _("the next due date"),
    "debit_date": _("when it is debited"),
    "amount": _("what falls due next"),
    "overdue": _("what is overdue"),
    "dpd": _("days past due"),
    "account": _("the end of the account to be debited"),
    "promised_amount": _("amount of the broken promise"),
    "promised_on": _("day of the broken promise"),
    "said_pay_day": _("day of the month on which he pays, as he said"),
    "said_salary_on": _("day of the month on which his salary comes, as he said"),
    "said_usual_hours": _("hours at which he can be reached, as he said"),
    "said_channel": _("how he likes to be contacted, as he said"),
    "said_pays_how": _("how he pays, as he said"),
    "guarantor": _("the guarantor"),
}


def word(words: Words, key: str) -> str:
    """The word for a key; the key itself where it is new to this page."""
    return str(words.get(key, key))


def wish(kind: str) -> str:
    """A kind of wish, the wish for letters only, which is a refusal of all else, or that for a call back."""
    if kind == "call_back":
        return str(_("Asks to be called back"))
    return str(_("Wants letters only") if kind == "only_letters" else Wish.Kind(kind).label)


def refused_at(wish: Wish) -> str:
    """Where somebody who was met refused, and what he said he is, as the plan and the report of a visit say it."""
    return f"{about_wish((), (), wish.details)} · {showing.moment(wish.at)[:10]}"


def about_wish(channels: Iterable[str], purposes: Iterable[str], details: Mapping[str, Any]) -> str:
    """Of which ways of contact, times and places a wish is."""
    about = [
        showing.listed(word(CHANNELS, channel) for channel in channels),
        showing.listed(word(PURPOSES, purpose) for purpose in purposes),
        f"{details['begins']}–{details['ends']}" if "begins" in details else "",
        showing.listed(str(WEEKDAYS[n]) for n in details.get("weekdays", ())),
        word(PLACES, details["place"]) if "place" in details else "",
        word(RELATIONS, details["relation"]) if "relation" in details else "",
    ]
    return " · ".join(part for part in about if part)


def matter(kind: str) -> str:
    """What the house calls a kind of matter; the id where its file no longer knows it."""
    found = kinds().get(kind)
    return found.text(get_language() or "zh-hans") if found else kind


@cache
def _strategy(identity: str) -> strategy.Strategy | None:
    try:
        return strategies.of_identity(identity)
    except ShouyueError:
        return None


@cache
def strategy_label(identity: str, kind: str, key: str, language: str) -> str:
    """What the strategy (``name@version``) calls a segment, stage or treatment; the id where it is not at hand."""
    found = _strategy(identity) if key else None
    return found.label(kind, key, "zh" if language.startswith("zh") else "en") if found else key


def strategy_at_hand(identity: str) -> strategy.Strategy | None:
    """The strategy of that identity; None where it is not at hand any more."""
    return _strategy(identity)


@cache
def strategy_labels(identity: str, kind: str, language: str) -> list[tuple[str, str]]:
    """Every id of a kind with its label, in the strategy's order."""
    found = _strategy(identity)
    return [(key, strategy_label(identity, kind, key, language)) for key in found.labels.get(kind, {})] if found else []
