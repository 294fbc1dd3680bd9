"""Scripts in versions: what a call says is what is in force when it begins, and stays so until it ends."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from shouyue.base.errors import ShouyueError
from shouyue.casework import calls
from shouyue.casework.models import Contact, Promise, ScriptText
from shouyue.casework.outcome import Outcome
from shouyue.casework.script_facts import hears_his_own
from shouyue.casework.scripts import Facts, versions
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.versions import KIND
from shouyue.people.models import User
from shouyue.releases import drafting, releasing, reviewing
from tests import factories

pytestmark = pytest.mark.django_db
DAY = factories.TODAY
WEEK = "collection_first_week"


@pytest.fixture
def gu() -> User:
    return factories.user("gu", "head_office", full_name="顾总")


def released(name: str, text: str, by: User, other: User, day: date = DAY, seen: int = 0) -> int:
    number = drafting.save(KIND, name, text, by, seen).number
    reviewing.propose(KIND, name, number, by)
    warnings = [r.key for r in versions.remarks(name, text) if r.severity == "warning"]
    reviewing.approve(KIND, name, number, other, warnings)
    releasing.release(KIND, name, number, by, day, DAY)
    return number


def with_title(name: str, zh: str) -> str:
    text = shipped()[name]
    was = next(line for line in text.splitlines() if line.startswith("zh = "))
    return text.replace(was, f'zh = "{zh}"', 1)


def title(day: date = DAY, **facts) -> str:
    return versions.chosen(day, "collection", "self", "", Facts(dpd=5, **facts)).script.zh


def test_the_shipped_text_holds_until_a_version_is_released_and_again_once_it_is_stopped(desk, gu):
    was = title()
    first = released(WEEK, with_title(WEEK, "甲"), desk.head, gu)
    assert (title(), title(DAY - timedelta(days=1))) == ("甲", was)
    released(WEEK, with_title(WEEK, "乙"), desk.head, gu, DAY + timedelta(days=1), seen=first)
    assert (title(), title(DAY + timedelta(days=1))) == ("甲", "乙")
    releasing.roll_back(KIND, WEEK, first, gu, DAY + timedelta(days=2), DAY, "the old one did better")
    assert title(DAY + timedelta(days=2)) == "甲"
    releasing.stop(KIND, WEEK, gu, DAY + timedelta(days=3), DAY, "back to what ships")
    assert title(DAY + timedelta(days=3)) == was


def test_a_script_of_ones_own_is_chosen_by_its_condition_and_rank_or_by_the_treatment(desk, gu):
    text = with_title("collection", "自家").replace(
        'id = "collection"', 'id = "own"\nrank = 90\nwhen = {dpd = [5, 6]}', 1
    )
    released("own", text, desk.head, gu)
    assert title() == "自家"
    assert versions.chosen(DAY, "collection", "self", "own", Facts(dpd=50)).script.zh == "自家"
    assert versions.chosen(DAY, "collection", "self", "", Facts(dpd=50)).script.id != "own"
    assert versions.chosen(DAY, "collection", "friend", "own", Facts(dpd=5)).script.id == "third_person"


def test_a_call_keeps_its_script_and_its_facts_whatever_happens_meanwhile(desk, gu, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    began, facts = calls.script_of(contact)
    assert began.id == WEEK and not facts.broken_promise
    changed = with_title(WEEK, "新说法").replace('id = "close"', 'id = "farewell"', 1)
    released(WEEK, changed, desk.head, gu)
    Promise.objects.create(
        case=desk.case, contact=contact, amount_minor=100, currency="CNY", due_on=DAY, made_on=DAY, state="broken",
        staff=desk.rep,
    )  # fmt: skip
    contact = Contact.objects.get(pk=contact.pk)
    assert calls.script_of(contact) == (began, facts)
    calls.tick(contact.pk, "close", "done", desk.rep)
    with pytest.raises(ShouyueError, match="CASE-019"):
        calls.tick(contact.pk, "farewell", "done", desk.rep)
    with pytest.raises(ShouyueError, match="CASE-019"):
        calls.tick(contact.pk, "care", "done", desk.rep)  # left out: he is not known to be vulnerable
    assert versions.chosen(DAY, "collection", "self", "", Facts(dpd=5)).script.zh == "新说法"


def test_a_call_keeps_what_the_borrower_said_and_only_his_own_call_has_it(desk, morning):
    factories.interview(desk.case, desk.rep)
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    factories.interview(desk.case, desk.colleague, seen=1, pay_day=["16"])
    assert calls.script_of(Contact.objects.get(pk=contact.pk))[1].said_pay_day == 8
    calls.finish(contact.pk, desk.rep, Outcome(reached="invalid"))  # only then may the friend be asked where he is
    other = calls.start(desk.case.pk, desk.friend.pk, desk.rep, uuid4()).contact
    assert other is not None
    began, facts = calls.script_of(Contact.objects.get(pk=other.pk))
    assert (began.id, facts) == ("third_person", Facts(dpd=desk.case.dpd, recorded_line=True))
    assert not hears_his_own("guarantor")


def test_a_text_is_kept_once_and_never_changed(desk, morning):
    held = versions.chosen(DAY, "reminder", "self", "", Facts())
    assert versions.keep(held).pk == versions.keep(held).pk == held.digest
    assert ScriptText.objects.get().text == shipped()["reminder"]
    for change in (lambda: ScriptText.objects.update(text="x"), lambda: ScriptText.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append"), transaction.atomic():
            change()


def test_a_call_from_before_scripts_were_kept_has_the_shipped_one(desk, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    Contact.objects.update(script=None, script_facts={})
    assert calls.script_of(Contact.objects.get(pk=contact.pk))[0].id == WEEK


def test_facts_that_this_program_does_not_know_are_left_out(desk, morning):
    contact = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
    contact.script_facts |= {"weather": "fine"}
    assert versions.facts_then(contact).dpd == desk.case.dpd


@pytest.mark.parametrize(
    ("name", "was", "now", "place", "code"),
    [
        ("reminder", 'id = "reminder"', 'id = "remind"', "id", "SCRIPT-016"),
        ("reminder", 'phase = "reminder"', 'phase = "collection"', "phase", "SCRIPT-017"),
        ("own", 'id = "third_person"', 'id = "own"', "audience", "SCRIPT-008"),
    ],
)
def test_what_would_leave_a_call_without_a_script_is_refused(desk, name, was, now, place, code):
    text = shipped().get(name, shipped()["third_person"])
    assert {r.place: r.code for r in versions.remarks(name, text.replace(was, now, 1))}.get(place) == code
    number = drafting.save(KIND, name, text.replace(was, now, 1), desk.head, 0).number
    with pytest.raises(ShouyueError, match="REL-005"):
        reviewing.propose(KIND, name, number, desk.head)


def test_what_two_texts_differ_in_is_told_part_by_part():
    old = shipped()["third_person"]
    new = old.replace("谢谢您，打扰了", "多谢您").replace('en = "done"', 'en = "over"')
    assert {c.place: (c.was, c.now) for c in versions.changes(old, new)} == {
        "close say_zh": ("谢谢您，打扰了，再见。", "多谢您，再见。"),
        "close done": ("完成 / done", "完成 / over"),
    }
    assert versions.changes(old, old) == []
