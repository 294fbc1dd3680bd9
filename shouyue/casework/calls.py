"""A call from its start to its logged outcome. It exists only where the gate let it through."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Sum

from shouyue.base import clock
from shouyue.casework import (
    barring,
    errors,
    notes,
    promising,
    queries,
    refusing,
    third_persons,
    timeline,
    wordings,
)
from shouyue.casework.asking import question, zone_of
from shouyue.casework.interviews import reading
from shouyue.casework.matters.working import told_in_call
from shouyue.casework.models import Case, Contact, ContactPoint, Loan, OtherSpeaker, Promise, TimelineEntry
from shouyue.casework.models.speaking import RELATIONS
from shouyue.casework.outcome import ATTEMPT_KIND, Outcome, check, what_next
from shouyue.casework.script_facts import facts_of, hears_his_own
from shouyue.casework.scripts import Element, Facts, Script, script, shown, up, versions
from shouyue.compliance import audit, gate, row_digests
from shouyue.compliance.identity import text_key
from shouyue.compliance.models import AttemptOutcome
from shouyue.compliance.wishes import BORROWERS
from shouyue.people.models import User
from shouyue.people.permissions import require

Result = Contact.Result
#: why words that the pack warns of may stand in a note that nobody has sent yet
GOES_ON = "written while it goes on"


@dataclass(frozen=True)
class Started:
    """``contact`` is None where the gate said no; ``answer`` says why, and when it may be."""

    contact: Contact | None
    answer: gate.Answer


@transaction.atomic
def start(case_id: int, contact_point_id: int, by: User, contact_id: UUID) -> Started:
    """Ask the gate and, where it allows, begin the call. The same ``contact_id`` again gives the same call.

    The gate's decision is stored either way. Raises CASE-002 on a closed case, CASE-006 when the number is another
    customer's, CASE-007 while a call of the same user waits for its outcome.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := Contact.objects.filter(pk=contact_id, case=case, staff=by).select_related("attempt__decision").first():
        return Started(before, gate.answer_of(before.attempt.decision))
    queries.must_be_open(case)
    point = queries.number(case.customer, contact_point_id)
    if Contact.objects.filter(staff=by, status=Contact.Status.STARTED).exists():
        raise errors.OTHER_CALL_OPEN.error()
    at = clock.now()
    reservation = gate.reserve(question(case, point, by, at), contact_id)
    if reservation.attempt is None:
        refusing.keep(case, reservation, point.relation, by, at)
        return Started(None, reservation.answer)
    facts = facts_of(case, reading.newest(case.customer_id) if hears_his_own(point.relation) else None, by)
    held = versions.chosen(case.as_of, case.phase, point.relation, case.treatment, facts)
    contact = Contact.objects.create(
        pk=contact_id,
        case=case,
        attempt=reservation.attempt,
        contact_point=point,
        staff=by,
        purpose=case.phase,
        business_day=case.as_of,
        started_at=at,
        script=versions.keep(held),
        script_facts=asdict(facts),
    )
    told = {"contact": str(contact.pk), **gate.named(reservation.decision, reservation.attempt)}
    if third_persons.is_third(contact):
        third_persons.begin(contact, by)
    audit.record("contact.start", f"case:{case.pk}", told, by, at)
    return Started(contact, reservation.answer)


def _own(contact_id: UUID, by: User) -> Contact:
    """The user's contact, locked. Raises CASE-003 or CASE-004."""
    require(by, "case.work")
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",))
        .select_related("case__customer", "contact_point", "attempt", "other")
        .filter(pk=contact_id, case__in=queries.visible_cases(by))
        .first()
    )
    if contact is None:
        raise errors.NO_CONTACT.error()
    if contact.staff_id != by.pk:
        raise errors.NOT_YOURS.error()
    return contact


def script_of(contact: Contact) -> tuple[Script, Facts]:
    """The script that a call began by, and the facts of the case, both as they were then.

    A call from before they were kept has the shipped script that the case would get now.
    """
    if (kept := versions.script_then(contact)) is not None:
        return kept, versions.facts_then(contact)
    relation = contact.contact_point.relation if contact.contact_point else "self"
    facts = facts_of(contact.case, by=contact.staff)
    return script(contact.purpose, relation, contact.case.treatment, facts), facts


def elements_of(contact: Contact) -> tuple[Element, ...]:
    """What could be said in the call and ticked, in some order of ticks; a visit and a call that came in have no
    script."""
    if contact.inbound or contact.channel != "call":
        return ()
    return shown(*script_of(contact))[0]


def ticked(contact: Contact) -> dict[str, str]:
    """How the elements were ticked that came up; one ticked before an earlier answer was mended away is none."""
    there, _ = up(elements_of(contact), (), contact.elements)
    return {id_: said for id_, said in contact.elements.items() if id_ in there}


def others_script(contact: Contact) -> Script | None:
    """The script for somebody who took the line; none where nothing may be said to him, or nobody did."""
    speaker = third_persons.other(contact)
    return versions.kept(speaker.script_id) if speaker is not None and speaker.script_id else None


def others_elements(contact: Contact) -> tuple[Element, ...]:
    """What could be said to him and ticked."""
    script = others_script(contact)
    return shown(script, versions.facts_then(contact))[0] if script else ()


def at_hand(contact: Contact) -> tuple[Element, ...]:
    """What can be said to whoever has the line now."""
    return others_elements(contact) if third_persons.took_line(contact) else elements_of(contact)


@transaction.atomic
def tick(contact_id: UUID, element_id: str, outcome_id: str, by: User) -> Contact:
    """Save one element's outcome while the call goes on; an empty ``outcome_id`` takes it back.

    Raises CASE-019 or CASE-020 for what the script does not have, CASE-005 once the call is logged.
    """
    contact = _going_on(contact_id, by)
    element = next((e for e in at_hand(contact) if e.id == element_id), None)
    if element is None:
        raise errors.UNKNOWN_ELEMENT.error(field="element", element=element_id[:40])
    place = written(contact)
    if not outcome_id:
        place.elements.pop(element_id, None)
    elif outcome_id in {o.id for o in element.outcomes}:
        place.elements[element_id] = outcome_id
    else:
        raise errors.UNKNOWN_OUTCOME.error(field="element", element=element_id, outcome=outcome_id[:40])
    place.save(update_fields=["elements"])
    return contact


def _going_on(contact_id: UUID, by: User) -> Contact:
    """The user's contact, locked. Raises CASE-003, CASE-004, CASE-005 once it is logged."""
    contact = _own(contact_id, by)
    if contact.status == Contact.Status.FINISHED:
        raise errors.ALREADY_FINISHED.error()
    return contact


def written(contact: Contact) -> Contact | OtherSpeaker:
    """Where ticks and notes go: what somebody else says is kept apart, and shown on his page alone."""
    speaker = third_persons.other(contact)
    return speaker if speaker is not None and speaker.speaking else contact


@transaction.atomic
def jot(contact_id: UUID, text: str, by: User) -> Contact:
    """Keep the note while it is being written; it counts, and is told, only with the outcome.

    Words that only warn are asked about then. Raises CASE-005 once the call is logged, CASE-022, WORD-001.
    """
    contact = _going_on(contact_id, by)
    place = written(contact)
    place.note = notes.clean(text)
    wordings.passed(place.note, "note", reason=GOES_ON)
    place.save(update_fields=["note"])
    return contact


def _as_ticked(contact: Contact, outcome: Outcome) -> None:
    """An answer of the borrower's that says what the result is, a dispute for one, is not logged as another."""
    if outcome.reached not in (Contact.Reached.SELF, Contact.Reached.GUARANTOR):
        return
    said, elements = ticked(contact), elements_of(contact)
    told = [(e, o) for e in elements for o in e.outcomes if o.result and said.get(e.id) == o.id]
    if told and outcome.result not in {o.result for _, o in told}:
        element, answer = told[-1]
        raise errors.OTHER_RESULT_TICKED.error(
            field="result", element_zh=element.zh, element_en=element.en, outcome_zh=answer.zh, outcome_en=answer.en
        )


@transaction.atomic
def somebody_else(contact_id: UUID, by: User) -> Contact:
    """Somebody else took the line of the one called: from now on what he may hear, until it is logged or handed back.

    The reservation stands, with its budget. Again, and on a third person's own number, it changes nothing. Raises
    CASE-003, -004, -005.
    """
    contact = _going_on(contact_id, by)
    if third_persons.is_third(contact):
        return contact
    at = clock.now()
    speaker = third_persons.turn(contact, third_persons.OTHER, by, at)
    speaker.may_say = third_persons.may_say(contact, by, at)
    if speaker.may_say:
        facts = versions.facts_then(contact)
        speaker.script = versions.keep(versions.chosen(contact.business_day, contact.purpose, "other", "", facts))
    speaker.save()
    return contact


@transaction.atomic
def himself(contact_id: UUID, by: User) -> Contact:
    """The one called has come to the phone: his script again, with all that was ticked and noted; who he is is asked
    anew where it was answered with somebody else. Again it changes nothing. Raises CASE-003, -004, -005.
    """
    contact = _going_on(contact_id, by)
    if not third_persons.took_line(contact):
        return contact
    speaker = third_persons.turn(contact, third_persons.BACK, by, clock.now())
    asked = {key: said for key, said in contact.elements.items() if said != third_persons.NOT_HIMSELF}
    contact.elements, contact.note = asked, notes.joined(contact.note, speaker.note)
    speaker.note = ""
    speaker.save()
    contact.save(update_fields=["elements", "note"])
    return contact


@transaction.atomic
def who(contact_id: UUID, relation: str, by: User) -> Contact:
    """Keep what somebody who took the line said he is to the one called; empty: nothing. Raises CASE-021 for what is
    no relation, CASE-003, -004, -005.
    """
    contact = _going_on(contact_id, by)
    if relation and relation not in RELATIONS:
        raise errors.UNKNOWN_CHOICE.error(field="who", value=relation[:40])
    if (speaker := third_persons.other(contact)) is not None:
        speaker.relation = relation
        speaker.save(update_fields=["relation"])
    return contact


@transaction.atomic
def finish(contact_id: UUID, by: User, outcome: Outcome) -> Contact:
    """Log what became of the call: budget, promise, next action and timeline in one transaction.

    Logging the same outcome again changes nothing; another one raises CASE-005. Raises CASE-034 where
    another result is chosen than a ticked answer gives.
    """
    # the case first, as everywhere, so that two services never wait for each other crosswise
    case_id = Contact.objects.filter(pk=contact_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.NO_CONTACT.error()
    case = queries.case(by, case_id, lock=True)
    contact = _own(contact_id, by)
    at = clock.now()
    if contact.status == Contact.Status.FINISHED:
        if (contact.reached, contact.result) == (outcome.reached, outcome.result):
            return contact
        raise errors.ALREADY_FINISHED.error()
    outcome, kept = checked(case, outcome, at)
    _as_ticked(contact, outcome)
    if third_persons.took_line(contact):
        if outcome.reached not in (Contact.Reached.OTHER, Contact.Reached.WRONG):
            raise errors.OTHER_HAS_LINE.error(field="reached")
        # what was noted before he took the line is not on his page
        kept = wordings.both(wordings.passed(contact.note, "note", reason=GOES_ON), kept)
        outcome = replace(outcome, note=notes.joined(contact.note, outcome.note))
        if outcome.who:
            contact.other.relation = outcome.who
            contact.other.save(update_fields=["relation"])
    contact.reached, contact.result = outcome.reached, outcome.result
    contact.why_late, contact.manner, contact.note = outcome.why_late, outcome.manner, outcome.note
    contact.status, contact.finished_at = Contact.Status.FINISHED, at
    contact.save(update_fields=["reached", "result", "why_late", "manner", "note", "status", "finished_at"])
    spoke = third_persons.heard_himself(contact)
    kind = AttemptOutcome.Kind.CONVERSATION if spoke else ATTEMPT_KIND[outcome.reached]
    gate.report(contact.attempt_id, kind, at, by.pk)
    if third_persons.is_third(contact):
        third_persons.end(by)
    follow(contact, case, outcome, kept, by, at)
    return contact


def checked(case: Case, outcome: Outcome, at: datetime) -> tuple[Outcome, dict[str, Any]]:
    """The outcome of a contact as it is kept, and what the words of its note were kept with.

    Raises what ``outcome.check`` and ``wordings.passed`` raise.
    """
    standing = promising.standing(case) if outcome.result in (Result.PROMISE, Result.CONFIRMED) else []
    outcome = check(outcome, case.as_of, owed_minor(case), case.currency, at, standing)
    return outcome, wordings.passed(outcome.note, "note", reason=outcome.wording_reason)


def spoken_with(case: Case, number_id: int | None, reached: str) -> ContactPoint | None:
    """The customer's number that was named, where it is one of whoever was reached. Raises CASE-006."""
    point = queries.number(case.customer, number_id) if number_id else None
    own = reached != Contact.Reached.OTHER
    return point if point is not None and (point.relation in BORROWERS) == own else None


def lent(case: Case, number_id: int | None, reached: str) -> ContactPoint | None:
    """The borrower's or guarantor's own number, where somebody else spoke on it. Raises CASE-006."""
    point = queries.number(case.customer, number_id) if number_id else None
    others = reached == Contact.Reached.OTHER
    return point if point is not None and others and point.relation in BORROWERS else None


def follow(contact: Contact, case: Case, outcome: Outcome, kept: dict[str, Any], by: User, at: datetime) -> None:
    """All that follows from a contact whose outcome is kept: ledger, case, timeline, promises, matters, audit."""
    third_persons.heed(contact, by, at)
    _move_on(case, outcome, contact.started_at, at)
    line = _write(contact, case, kept, by, at)
    made = promising.make(contact, case, outcome, by, at) if outcome.result == Result.PROMISE else []
    if outcome.result == Result.CONFIRMED:
        promising.confirm_all(case, by, at)
    told_in_call(contact, case, by, at)
    barring.refresh([contact.attempt.person_id], at)
    _audit(contact, line, made, kept, by, at)


def owed_minor(case: Case) -> int:
    """All that is outstanding on the customer's loans in the case's currency, in minor units: no promise and no claim
    goes above it."""
    loans = Loan.objects.filter(customer_id=case.customer_id, currency=case.currency)
    total = loans.aggregate(total=Sum("outstanding_minor"))["total"]
    return total or 0


def _move_on(case: Case, outcome: Outcome, began_at: datetime, at: datetime) -> None:
    step = what_next(outcome, at, zone_of(case))
    case.last_contact_at, case.last_result = at, outcome.result or outcome.reached
    case.next_action, case.next_action_at = step.action, step.at
    himself = outcome.reached == Contact.Reached.SELF and outcome.result == Result.CALL_BACK
    case.call_asked_at = began_at if himself and step.at else None
    if step.done_today:
        case.done_on = case.as_of
    moved = ("last_contact_at", "last_result", "next_action", "next_action_at", "call_asked_at", "done_on")
    case.save(update_fields=moved)


def _write(contact: Contact, case: Case, kept: dict[str, Any], by: User, at: datetime) -> TimelineEntry:
    return timeline.write(
        case,
        TimelineEntry.Kind.CONTACT,
        f"contact:{contact.pk}",
        at,
        by,
        contact=str(contact.pk),
        channel=contact.channel,
        inbound=contact.inbound,
        relation=contact.contact_point.relation if contact.contact_point else "",
        reached=contact.reached,
        result=contact.result,
        why_late=contact.why_late,
        manner=contact.manner,
        note=contact.note,
        ticked=len(ticked(contact)),
        **third_persons.told(contact),
        decision=str(contact.attempt.decision_id),
        **kept,
    )


def _beside(contact: Contact) -> list[Model | None]:
    """The rows that belong to a contact: what became of its attempt, who else spoke, the visit that it was."""
    visit = contact.visit if contact.channel == "visit" else None
    return [row_digests.outcome(contact.attempt_id), third_persons.other(contact), visit]


def _audit(
    contact: Contact, line: TimelineEntry, made: list[Promise], kept: dict[str, Any], by: User, at: datetime
) -> None:
    audit.record(
        "contact.finish",
        f"case:{contact.case_id}",
        {
            "contact": str(contact.pk),
            "reached": contact.reached,
            "result": contact.result,
            **({"note": text_key(contact.note)} if contact.note else {}),
            **({"promises": [{"promise": str(p.pk), "amount_minor": p.amount_minor} for p in made]} if made else {}),
            **wordings.named(kept),
            **row_digests.named(contact, line, *made, *_beside(contact)),
        },
        by,
        at,
    )
