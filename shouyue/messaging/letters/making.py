"""Making a letter and following it. A letter that asks for payment is a contact: the gate decides, and it counts.

The letter's words are fixed and stored when it is made; the file is drawn after that, archived under its number and
known by its hash, which the audit chain bears witness of. Killed in between, it is drawn when it is next asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from shouyue.base import clock, files, settings
from shouyue.casework import asking, known, queries, refusing, reveal, timeline, wordings
from shouyue.casework.matters.facts import live
from shouyue.casework.models import Case, TimelineEntry
from shouyue.casework.quotes import quoting as quotes
from shouyue.compliance import audit, gate, row_digests
from shouyue.compliance.models import AttemptOutcome
from shouyue.messaging import errors, witnessed
from shouyue.messaging.letters import addressing, drawing
from shouyue.messaging.letters.content import claimed_minor, content
from shouyue.messaging.letters.template import template
from shouyue.messaging.models import Counter, Letter, LetterEvent
from shouyue.people.models import User
from shouyue.people.permissions import require

State = Letter.State
#: state -> the states it may come from
FROM: dict[str, tuple[State, ...]] = {
    State.SENT: (State.MADE,),
    State.CANCELLED: (State.MADE,),
    State.DELIVERED: (State.SENT,),
    State.RETURNED: (State.SENT, State.DELIVERED),
}
#: kinds of rule that say whether somebody may be written to at all, not at which hour or how often: that was asked
#: when the letter was made
LASTING = frozenset({"never", "never_when", "hold_until"})


def make(case_id: int, name: str, language: str, by: User, letter_id: UUID) -> Letter:
    """A letter to the borrower of a visible case; the same ``letter_id`` again gives the same letter.

    Raises LETTER-001, -003 (no address), -004 (the gate refuses; its decision is kept), -009 (not for this phase), -010
    (no sender), -013 (no quote stands), WORD-001 (forbidden words in the template).
    """
    require(by, "letter.make")
    made = _make(case_id, name, language, by, letter_id)
    if isinstance(made, gate.Answer):  # outside the transaction: the decision stays
        raise errors.REFUSED.error(zh=made.words("zh"), en=made.words("en"))
    return made


@transaction.atomic
def _make(case_id: int, name: str, language: str, by: User, letter_id: UUID) -> Letter | gate.Answer:
    case = queries.case(by, case_id, lock=True)
    if before := Letter.objects.filter(pk=letter_id, case=case).first():
        return before
    wanted, at = template(name), clock.now()
    if wanted.gated:
        queries.must_be_open(case)
    if case.phase not in wanted.phases:
        raise errors.WRONG_PHASE.error(name=name)
    if not addressing.lines(case.customer):
        raise errors.NO_ADDRESS.error()
    if not settings.lender():
        raise errors.NO_SENDER.error()
    today = clock.today()
    said = content(case, wanted, language, today)
    wordings.passed("\n".join([said["title"], *said["paragraphs"], said["closing"]]), "letter", field="template")
    reservation = gate.reserve(question(case, by, at), letter_id) if wanted.gated else None
    if reservation is not None:
        if reservation.attempt is None:
            refusing.keep(case, reservation, "self", by, at)
            return reservation.answer
        gate.report(letter_id, AttemptOutcome.Kind.SENT, at, by.pk)
    letter = Letter.objects.create(
        id=letter_id,
        number=_number(today.year),
        case=case,
        attempt=reservation.attempt if reservation else None,
        template=wanted.id,
        template_digest=wanted.digest,
        language=said["lang"],
        content=said,
        made_at=at,
        by=by,
    )
    _note(letter, State.MADE, by, at)
    return letter


def question(case: Case, by: User, at: datetime) -> gate.Question:
    """What the gate is asked before a letter goes to the borrower's own address."""
    return gate.Question(
        person=case.customer.person_id,
        channel="letter",
        purpose=case.phase,
        at=at,
        zone=case.customer.zone or settings.zone(),
        told_zones=case.customer.told_zones,
        other_numbers=asking.own_numbers(case.customer),
        staff_id=by.pk,
        loans=tuple(sorted(loan.loan_id for loan in case.customer.loans.all())),
        facts={
            **known.of_borrower(case.customer, live(case.customer.person_id), "letter", case.phase, "self"),
            **known.of_desk(case),
            **known.of_staff(by, "letter", at),
        },
        place="home",
        content="debt",
    )


def _number(year: int) -> str:
    """The year's next number, without gaps: the counter's row stays locked until the letter is there."""
    Counter.objects.get_or_create(year=year)
    counter = Counter.objects.select_for_update(no_key=True).get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{year}-{counter.last:07}"


@transaction.atomic
def step(letter_id: UUID, state: str, by: User, tracking: str = "") -> Letter:
    """Sent, delivered, returned, cancelled. The same step again changes nothing.

    Raises LETTER-005, LETTER-006, and LETTER-011 where one that asks for payment, or says a quote, may not go out any
    more.
    """
    require(by, "letter.make")
    # the case first, as everywhere: what stops contacts stops them under its lock
    case = queries.case(by, seen(letter_id, by).case_id, lock=True)
    letter = seen(letter_id, by, lock=True)
    if letter.state == state:
        return letter
    if state not in FROM or letter.state not in FROM[state]:
        wanted = State(state).label if state in State.values else state
        raise errors.NOT_NOW.error(number=letter.number, state=letter.get_state_display(), wanted=wanted)
    if state == State.SENT:
        _may_go(letter, case, by)
    letter.state = state
    letter.save(update_fields=["state"])
    _note(letter, State(state), by, clock.now(), tracking)
    return letter


def _may_go(letter: Letter, case: Case, by: User) -> None:
    """Between being made and going out, a matter may have been opened, a wish uttered, or money paid."""
    zh = en = ""
    if letter.attempt_id is None:
        said = {one["id"] for one in letter.content.get("quotes", ())}
        if said - {str(key) for key in quotes.standing(case).values_list("pk", flat=True)}:
            zh, en = "所写的提前结清报价已失效", "an early settlement quote in it does not stand any more"
    elif case.status != Case.Status.OPEN:
        zh, en = "案件已结束", "the case is over"
    elif said := [f for f in gate.preview(question(case, by, clock.now())).refusals if f.kind in LASTING]:
        zh, en = "；".join(f.zh for f in said), "; ".join(f.en for f in said)
    elif letter.content.get("claimed_minor", 0) > claimed_minor(case):
        zh, en = "所写金额已高于现在应还的金额", "it asks for more than is owed now"
    if not zh and addressing.moved(letter, case.customer):
        zh, en = "借款人已告知新的寄信地址", "the borrower has named another address for letters since"
    if zh:
        raise errors.STOPPED.error(number=letter.number, zh=zh, en=en)


def seen(letter_id: UUID, by: User, lock: bool = False) -> Letter:
    """Raises LETTER-005, the same for absent and for another store's."""
    letters = Letter.objects.select_for_update(no_key=True, of=("self",)) if lock else Letter.objects.all()
    found = letters.filter(pk=letter_id, case__in=queries.visible_cases(by)).first()
    if found is None:
        raise errors.NO_LETTER.error()
    return found


def _note(letter: Letter, state: State, by: User, at: datetime, tracking: str = "") -> None:
    event, _ = LetterEvent.objects.get_or_create(
        letter=letter, state=state, defaults={"at": at, "by": by, "tracking": tracking.strip()[:60]}
    )
    line = timeline.write(
        letter.case,
        TimelineEntry.Kind.LETTER,
        f"letter:{letter.number}:{state}",
        at,
        by,
        number=letter.number,
        template=letter.template,
        state=state.value,
    )
    told = {"number": letter.number, "template": letter.template, "file": witnessed.file(letter)}
    outcome = None
    if state == State.MADE and letter.attempt is not None:
        told |= gate.named(letter.attempt.decision, letter.attempt)
        outcome = row_digests.outcome(letter.attempt.pk)
    told |= row_digests.named(letter, event, line, outcome)
    audit.record(f"letter.{state}", f"letter:{letter.pk}", told, by, at)


def file(letter_id: UUID, by: User, reason: str) -> tuple[Letter, bytes]:
    """The archived PDF, drawn now if it was not yet: it shows who he is and where he lives, so it takes a reason of
    ``reveal.LETTER_REASONS`` and leaves a trace. Raises LETTER-005, LETTER-007, LETTER-008, CASE-024, PEOPLE-001.
    """
    reveal.permitted(by, reason, reveal.LETTER_REASONS)
    letter = seen(letter_id, by)
    drawn = archived(letter)  # in a transaction of its own, as its entry in the chain comes last
    with transaction.atomic():
        reveal.trace(letter.case, "letter", f"letter:{letter.pk}", reason, by)
    return letter, drawn


def archived(letter: Letter) -> bytes:
    """The file of a letter. Raises LETTER-008 when it is not the one that was recorded."""
    if not letter.sha256:
        archive([(letter, *drawing.draw(letter.content, letter.number))])
    found = _read(letter)
    if hashlib.sha256(found).hexdigest() != letter.sha256:
        raise errors.CHANGED.error(number=letter.number)
    return found


@transaction.atomic
def archive(drawn: Sequence[tuple[Letter, bytes, int]]) -> None:
    """Keep the PDFs (with their pages) of letters, of each the first that comes; they are known by their hashes, and
    one entry of the audit chain bears witness of these.
    """
    rows = Letter.objects.select_for_update(no_key=True).order_by("pk").in_bulk([letter.pk for letter, _, _ in drawn])
    new = []
    for letter, pdf, pages in drawn:
        row = rows[letter.pk]
        if not row.sha256:
            _write(_path(letter), pdf)
            row.sha256, row.pages = hashlib.sha256(pdf).hexdigest(), pages
            new.append(row)
        letter.sha256, letter.pages = row.sha256, row.pages
    if new:
        Letter.objects.bulk_update(new, ["sha256", "pages"])
        told = {"archived": [[row.pk, witnessed.file(row)] for row in new]}
        audit.record("letter.archive", f"letters:{new[0].number}", told, None)


def on_disk(letter: Letter) -> str:
    """SHA-256 of the archived file as it lies there; empty where it is missing."""
    found = _read(letter)
    return hashlib.sha256(found).hexdigest() if found else ""


def destroy(letter: Letter) -> None:
    """Remove the archived file; the letter's number, hash and steps stay."""
    _path(letter).unlink(missing_ok=True)


def _read(letter: Letter) -> bytes:
    path = _path(letter)
    return path.read_bytes() if path.exists() else b""


def _path(letter: Letter) -> Path:
    return settings.home() / "letters" / letter.number[:4] / f"{letter.number}.pdf"


def _write(path: Path, drawn: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_bytes(path, drawn, private=True, flushed=True)
