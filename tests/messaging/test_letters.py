"""Letters: through the gate, numbered without gaps, archived as made, followed to their end."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import connection
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont
from pypdf import PdfReader, PdfWriter

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, ending, inbound, lost_contact, reported
from shouyue.casework.details import keeping
from shouyue.casework.matters import working
from shouyue.casework.models import Case, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance import pack, replaying, wishes
from shouyue.compliance.models import Attempt, AuditEntry, GateDecision
from shouyue.messaging import errors
from shouyue.messaging.letters import drawing, fonts, making, printing, tracking
from shouyue.messaging.letters.template import VALUES, read, templates
from shouyue.messaging.models import Letter, LetterEvent
from shouyue.people.permissions import NotPermitted
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    with clock.at(factories.AFTERNOON):
        yield factories.desk()


def made(desk, template="arrears", language="zh", case=None, by=None, letter_id=None) -> Letter:
    return making.make((case or desk.case).pk, template, language, by or desk.rep, letter_id or uuid4())


def code(call) -> str:
    with pytest.raises(ShouyueError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_what_a_notice_must_say_and_no_more_of_the_document_than_its_ends(desk, language):
    said = made(desk, language=language).content
    text = str(said)
    loan = desk.case.customer.loans.get()
    for part in (loan.loan_id, loan.product, loan.goods, loan.opened_on.isoformat(), "测试客户", "2026-11-24"):
        assert part in text, part
    assert "500.00" in said["closing"] and loan.oldest_unpaid_due.isoformat() in said["closing"]
    assert desk.case.customer.id_number not in text and said["id_number"].startswith("990*")
    assert not re.search(r"\{|\}", " ".join([*said["paragraphs"], said["closing"], said["greeting"]]))


def test_it_is_a_contact_with_a_decision_and_is_told_on_the_timeline(desk):
    letter = made(desk)
    assert letter.attempt.channel == "letter" and letter.attempt.decision.allowed
    assert letter.attempt.outcomes.get().kind == "sent"
    assert TimelineEntry.objects.get(kind="letter").data["number"] == letter.number == "2026-0000001"
    assert AuditEntry.objects.filter(action="letter.made").count() == 1


def test_the_same_letter_twice_is_one(desk):
    key = uuid4()
    assert made(desk, letter_id=key) == made(desk, letter_id=key)
    assert Letter.objects.count() == Attempt.objects.count() == 1


def test_what_the_gate_refuses_is_not_made_and_its_no_is_kept(desk):
    working.open_matter(desk.case.pk, "death", working.Evidence(note="a relative called"), desk.rep, uuid4())
    assert code(lambda: made(desk)) == "LETTER-004"
    assert not Letter.objects.exists() and not Attempt.objects.exists()
    decision = GateDecision.objects.get()
    assert decision.allowed is False and replaying.replay(decision.pk).chained
    assert TimelineEntry.objects.get(kind="refused").data["decision"] == str(decision.pk)


def test_its_decision_can_be_taken_again_and_stands_in_the_chain(desk):
    again = replaying.replay(made(desk).attempt.decision_id)
    assert again.same and again.chained


def test_a_statement_asks_for_nothing_and_needs_no_leave(desk):
    Case.objects.filter(pk=desk.case.pk).update(status="closed", closed_on=factories.TODAY)
    letter = made(desk, "statement")
    assert letter.attempt is None and not GateDecision.objects.exists()
    assert "结束" in " ".join(letter.content["paragraphs"])
    assert code(lambda: made(desk, "arrears")) == "CASE-002"


TOLD = {
    "zh": (
        *("致电，您本人，承诺还款", "承诺于 2026-11-26 还款 ¥100.00（已取消）", "来电，您本人，无结果"),
        *("致电（委外机构 north），无人接听（事后判定不符合规则）", "提出“死亡”", "寄出信函 2026-0000001"),
        *("其中 1 次事后判定不符合规则", "结束（死亡）", "共有 3 次联系"),
    ),
    "en": (
        *("Call, you in person, Promise to pay", "Promise to pay CN¥100.00 by 2026-11-26 (cancelled)"),
        *("Call from you, you in person, No result", "Letter 2026-0000001 sent", "Death raised"),
        *("Call (agency north), no answer (found afterwards to be against the rules)", "1 of them were found"),
        *("it ended on 2026-11-24 (Deceased)", "There were 3 contacts"),
    ),
}


@pytest.mark.parametrize("language", TOLD)
def test_a_statement_tells_what_was_said_promised_and_done_and_under_which_rule(desk, language):
    number = desk.number()
    call = calls.start(desk.case.pk, number.pk, desk.rep, uuid4()).contact
    assert call is not None
    due = factories.TODAY + timedelta(days=2)
    calls.finish(call.pk, desk.rep, Outcome("self", "promise", promise_minor=10_000, promise_due=due))
    inbound.write(desk.case.pk, number.pk, clock.now(), True, Outcome("self", "no_result"), desk.rep, uuid4())
    at = factories.AFTERNOON - timedelta(hours=16)
    row = {"contact_no": "1", "customer_id": desk.case.customer.customer_id, "channel": "call", "outcome": "unanswered"}
    assert reported.take_in([row | {"at": at.isoformat()}], "north", desk.admin).beyond
    making.step(made(desk).pk, "sent", desk.rep)
    matter = working.open_matter(
        desk.case.pk, "death", working.Evidence(note="his son", reference="A-1"), desk.rep, uuid4()
    )
    working.decide(matter.pk, "confirm", "certificate seen", desk.head, uuid4())
    ending.end(desk.case.pk, "deceased", "the estate is told", desk.head)
    said = made(desk, "statement", language).content
    text = " ".join([*said["paragraphs"], *(what for _, what in said["history"])])
    for part in (*TOLD[language], pack.active().name):
        assert part in text, part
    assert [day for day, _ in said["history"]] == sorted(day for day, _ in said["history"])


@pytest.mark.parametrize(("language", "words"), [("zh", "短信，已发出"), ("en", "Text message, sent")])
def test_a_statement_tells_of_a_message_to_one_who_could_not_be_reached(desk, language, words):
    lost_contact.tried(desk.case.pk, "own_message", "sent", "", desk.rep, uuid4())
    lost_contact.tried(desk.case.pk, "own_file", "nothing", "", desk.rep, uuid4())
    said = made(desk, "statement", language).content
    assert [what for _, what in said["history"] if words in what] == [words]


def test_no_letter_without_an_address_of_another_phase_or_by_another_role(desk):
    assert code(lambda: made(desk, "reminder")) == "LETTER-009"
    assert code(lambda: made(desk, "nothing")) == "LETTER-001"
    assert code(lambda: made(desk, case=desk.theirs)) == "CASE-001"
    with pytest.raises(NotPermitted):
        made(desk, by=desk.auditor)
    desk.case.customer.address = ""
    desk.case.customer.save()
    assert code(lambda: made(desk)) == "LETTER-003"
    assert not Letter.objects.exists()


def test_the_file_is_drawn_once_and_is_the_one_that_was_recorded(desk, tmp_path):
    letter = made(desk)
    _, first = making.file(letter.pk, desk.rep, "send")
    _, again = making.file(letter.pk, desk.manager, "send")
    assert first == again and first.startswith(b"%PDF")
    path = tmp_path / "letters" / "2026" / f"{letter.number}.pdf"
    assert path.read_bytes() == first and path.stat().st_mode & 0o077 == 0
    path.write_bytes(first.replace(b"%PDF-1.7", b"%PDF-1.6"))
    assert code(lambda: making.file(letter.pk, desk.rep, "send")) == "LETTER-008"
    path.unlink()
    assert code(lambda: making.file(letter.pk, desk.rep, "send")) == "LETTER-008"
    assert code(lambda: making.file(letter.pk, desk.stranger, "send")) == "LETTER-005"


def test_a_letter_shows_an_address_and_is_opened_with_a_reason_that_is_kept(desk):
    letter = made(desk)
    for reason in ("", "curious"):
        assert code(lambda why=reason: making.file(letter.pk, desk.rep, why)) == "CASE-024"
    with pytest.raises(NotPermitted):
        making.file(letter.pk, desk.head, "inspection")
    assert not AuditEntry.objects.filter(action="personal.reveal").exists()
    assert making.file(letter.pk, desk.auditor, "inspection")[1].startswith(b"%PDF")
    entry = AuditEntry.objects.get(action="personal.reveal")
    assert (entry.subject, entry.actor) == (f"letter:{letter.pk}", "auditor")
    assert entry.data == {"field": "letter", "reason": "inspection", "case": desk.case.pk}
    assert TimelineEntry.objects.get(kind="revealed").data["what"] == "letter"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_letter_is_small_and_each_of_its_characters_is_drawn_as_the_font_draws_it(desk, language, monkeypatch):
    letter = made(desk, template="statement", language=language)
    small, pages = drawing.draw(letter.content, letter.number)
    assert drawing.draw(letter.content, letter.number) == (small, pages), "other bytes for the same letter"
    monkeypatch.setattr(fonts, "tighten", lambda pdf: pdf)
    whole, _ = drawing.draw(letter.content, letter.number)
    assert len(small) < 60_000 < len(whole)
    before, after = PdfReader(BytesIO(whole)), PdfReader(BytesIO(small))
    assert [p.extract_text() for p in after.pages] == [p.extract_text() for p in before.pages]
    assert [p.get_contents().get_data() for p in after.pages] == [p.get_contents().get_data() for p in before.pages]
    assert after.pdf_header == before.pdf_header
    assert after.trailer["/ID"] == before.trailer["/ID"] and after.metadata == before.metadata
    assert outlines(small) == outlines(whole)


def outlines(pdf: bytes) -> list[dict[int, list]]:
    """How each character that is shown of each font is drawn, by its id."""
    found = []
    for file, glyphs in fonts._files(PdfWriter(clone_from=BytesIO(pdf))):
        data = file.get_data()
        if data.startswith(b"OTTO"):
            cff = TTFont(BytesIO(data))["CFF "].cff
        else:
            cff = CFFFontSet()
            cff.decompile(BytesIO(data), None)
        drawn = {}
        for glyph in glyphs:
            pen = RecordingPen()
            cff[0].CharStrings[f"cid{glyph:05d}"].draw(pen)
            drawn[glyph] = pen.value
        found.append(drawn)
    assert any(value for drawn in found for value in drawn.values())
    return found


def test_names_cannot_write_into_the_page(desk):
    customer = desk.case.customer
    customer.name, customer.address = "<script>x</script>", "<img src='file:///etc/passwd'>"
    customer.save()
    letter = made(desk)
    text = drawing._text(letter.content, letter.number)
    assert "<script" not in text and "<img" not in text
    assert making.file(letter.pk, desk.rep, "send")[1].startswith(b"%PDF")


STEPS = [("sent", "ok"), ("sent", "ok"), ("cancelled", "no"), ("delivered", "ok"), ("made", "no"), ("returned", "ok")]


def test_steps_follow_each_other_and_each_is_kept(desk):
    letter = made(desk)
    for state, expected in STEPS:
        if expected == "ok":
            assert making.step(letter.pk, state, desk.rep, "EMS1").state == state
        else:
            assert code(lambda s=state: making.step(letter.pk, s, desk.rep)) == "LETTER-006"
    told = LetterEvent.objects.order_by("pk").values_list("state", "tracking")
    assert list(told) == [("made", ""), ("sent", "EMS1"), ("delivered", "EMS1"), ("returned", "EMS1")]


def refused_writing(desk):
    person = desk.case.customer.person_id
    wishes.write(uuid4(), "channel_refused", person=person, channels=["letter"], evidence="call")


def told_of_death(desk):
    working.open_matter(desk.case.pk, "death", working.Evidence(note="his son rang"), desk.rep, uuid4())


@pytest.mark.parametrize(
    "meanwhile",
    [
        told_of_death,
        refused_writing,
        lambda desk: Case.objects.filter(pk=desk.case.pk).update(overdue_minor=10_000),
        lambda desk: Case.objects.filter(pk=desk.case.pk).update(status="closed", closed_on=factories.TODAY),
    ],
    ids=["a matter", "a wish", "a payment", "the end of the case"],
)
def test_a_letter_that_waits_does_not_go_out_after_what_stops_it(desk, meanwhile):
    letter, plain = made(desk), made(desk, "statement")
    meanwhile(desk)
    assert code(lambda: making.step(letter.pk, "sent", desk.rep)) == "LETTER-011"
    assert making.step(letter.pk, "cancelled", desk.rep).state == "cancelled"
    assert making.step(plain.pk, "sent", desk.rep).state == "sent", "it asks for nothing"


def test_what_the_post_tells_is_taken_in_row_by_row(desk):
    first, second = made(desk), made(desk, case=desk.reminder, template="reminder")
    rows = [
        "number,state,tracking\n",
        f"{first.number},sent,EMS1\n",
        f"{second.number},delivered\n",
        "2026-9999999,sent,\n",
        f"{first.number}, Returned ,\n",
    ]
    for _ in range(2):
        tracked = tracking.take_in(rows, desk.rep)
        assert (tracked.done, [line for line, *_ in tracked.faults]) == (2, [3, 4])
    first.refresh_from_db()
    assert first.state == "returned" and LetterEvent.objects.filter(letter=first).count() == 3
    assert code(lambda: tracking.take_in(["number\n"], desk.rep)) == "LETTER-012"


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_however_many_write_at_once(desk):
    cases = [factories.case(desk.store, desk.rep, n) for n in range(50, 60)]
    for case in cases:
        case.customer.address = "某路 1 号"
        case.customer.save()

    def one(case):
        try:
            with clock.at(factories.AFTERNOON):
                return made(desk, case=case).number
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        numbers = list(pool.map(one, cases))
    assert sorted(numbers) == [f"2026-{n:07}" for n in range(1, 11)]


def test_every_template_names_only_what_there_is(tmp_path):
    assert set(templates()) == {"arrears", "reminder", "settlement", "statement"}
    good = (drawing.HERE / "templates" / "arrears.toml").read_text(encoding="utf-8")
    for wrong, why in (("{id_number}", "id_number"), ("{name", "expected"), ("= [", "")):
        bad = tmp_path / "bad.toml"
        bad.write_text(good.replace("{dpd}", wrong) if why else good.replace("paragraphs = [", "paragraphs = "))
        with pytest.raises(ShouyueError, match=errors.BAD_TEMPLATE.id) as caught:
            read(bad)
        assert why in str(caught.value.values["why"])
    assert "pay_by" in VALUES


def test_many_are_printed_as_one_each_as_it_is_archived(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "PART", 2)
    letters = [made(desk), *(made(desk, language=lang, template="statement") for lang in ("zh", "en"))]
    archived = making.archived(letters[1])
    told: list[int] = []
    pages = printing.printed(letters, tmp_path / "all.pdf", told.append, workers=2)
    assert told == [2, 1]
    entries = AuditEntry.objects.filter(action="letter.archive").order_by("seq")
    assert [len(entry.data["archived"]) for entry in entries] == [1, 1, 1], "one for each part, of what was new in it"
    assert making.archived(letters[1]) == archived
    alone = [page for one in letters for page in PdfReader(BytesIO(making.archived(one))).pages]
    together = PdfReader(tmp_path / "all.pdf").pages
    assert [page.extract_text() for page in together] == [page.extract_text() for page in alone]
    assert pages == len(alone) == sum(Letter.objects.values_list("pages", flat=True))
    assert [path.name for path in tmp_path.iterdir() if "letters" in path.name] == ["letters"], "something was left"
    assert (tmp_path / "all.pdf").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("letter", ["虚", "i"])
def test_the_longest_address_stays_in_the_window(desk, language, letter):
    customer = desk.case.customer
    customer.city, customer.address, customer.name = letter * 100, letter * 300, letter * 100
    customer.save()
    seen: list[tuple[float, str]] = []
    page = PdfReader(BytesIO(making.archived(made(desk, language=language)))).pages[0]
    page.extract_text(visitor_text=lambda text, cm, tm, *_: seen.append((tm[5] * cm[3] + cm[5], text)))
    title = next(height for height, text in seen if text.strip() in ("逾期还款通知", "Notice of arrears"))
    lines = [(height, text) for height, text in seen if height > title and letter * 9 in text]
    window = [page.mediabox.height - mm * 72 / 25.4 for mm in (45, 90)]
    assert sum(text.count(letter) for _, text in lines) >= 500
    assert window[0] > max(lines)[0] > min(lines)[0] > window[1]


def test_a_letter_says_who_sends_it(desk, monkeypatch):
    assert made(desk).content["sender"] == "测试消费金融有限公司"
    monkeypatch.setenv("SHOUYUE_LENDER", " ")
    assert code(lambda: made(desk)) == "LETTER-010"
    assert Letter.objects.count() == 1


def told(desk, value="杭州某街 2 号", source="borrower", letters=True):
    said = keeping.Said("address", value, source, reference="A-1", letters=letters)
    return keeping.say(desk.case.pk, said, desk.rep, uuid4())


def test_a_letter_goes_where_the_borrower_confirmed_and_to_the_files_address_when_that_comes_back(desk):
    filed = made(desk, "statement").content["address"]
    assert filed == ["苏州", "苏州某路 1 号"]
    waiting = made(desk, "statement")
    told(desk, "别处 9 号", "records", letters=False)
    assert made(desk, "statement").content["address"] == filed, "nobody confirmed it for letters"
    told(desk, source="records")
    assert code(lambda: making.step(waiting.pk, "sent", desk.rep)) == "LETTER-011"
    letter = made(desk, "statement")
    assert letter.content["address"] == ["杭州某街 2 号"]
    for state in ("sent", "returned"):
        making.step(letter.pk, state, desk.rep)
    assert made(desk, "statement").content["address"] == filed
    desk.case.customer.address = ""
    desk.case.customer.save()
    assert made(desk, "statement").content["address"] == ["杭州某街 2 号"], "better than none"
