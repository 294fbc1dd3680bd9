"""Interviews of another system: good rows go on, bad ones are named, a person's later word stands."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import openpyxl
import pytest
from click.testing import CliRunner

from shouyue.base.errors import ShouyueError
from shouyue.casework.interviews import importing, keeping, reading
from shouyue.casework.models import Interview, TimelineEntry
from shouyue.cli.interviews import interviews as command
from shouyue.compliance import audit
from shouyue.compliance.models import AuditEntry

from .conftest import TODAY, make_case

pytestmark = pytest.mark.django_db
HEAD = (
    "客户号,面谈日期,打算每月几号存款还款,early_settlement,channels_refused,usual_hours,knowers,income_a_month,if_lost"
)
GOOD = "C0001,2026-11-02,8,是,上门；voice,9:00-11:30,100 0000 0002,8250,写信给他"
ANSWERS = {
    "pay_day": 8,
    "early_settlement": True,
    "channels_refused": ["voice", "visit"],
    "usual_hours": {"from": "09:00", "to": "11:30"},
    "income_a_month": {"minor": 825_000, "currency": "CNY"},
    "if_lost": "写信给他",
}


@pytest.fixture(autouse=True)
def day(desk, afternoon):
    make_case(desk.store, desk.rep, number=2)


def run(tmp_path, *rows: str, head: str = HEAD, system: str = "crm"):
    path = tmp_path / "interviews.csv"
    path.write_text("\n".join((head, *rows)), encoding="utf-8")
    return CliRunner().invoke(command, ["import", str(path), "--system", system])


def newest(desk) -> Interview:
    found = reading.newest(desk.case.customer_id)
    assert found is not None
    return found


def at_the_desk(desk, held_on, seen=0, **sent):
    told = {"kind": "interview", "held_on": held_on, "reason": "asked again", "seen": seen}
    return keeping.save(desk.case.customer_id, sent, desk.rep, uuid4(), **told)


def test_a_row_is_a_version_that_says_where_it_came_from_and_twice_is_once(desk, tmp_path):
    done = run(tmp_path, GOOD)
    assert done.exit_code == 0, done.output
    made = newest(desk)
    knows = {"knowers": {str(desk.friend.pk): True}}
    assert (made.source, made.by, made.seq, made.answers) == ("crm", None, 1, ANSWERS | knows)
    desk.friend.refresh_from_db()
    assert desk.friend.knows is True
    told = TimelineEntry.objects.get(kind="interview")
    assert told.data["source"] == "crm"
    kept = AuditEntry.objects.get(action="interview.add").data
    assert kept["source"] == "crm" and "写信" not in str(kept) and audit.verify().ok
    assert "1 rows read: 0 new, 1 known already" in run(tmp_path, GOOD).output
    assert Interview.objects.count() == 1


def test_a_workbook_is_read_as_well(desk, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["customer_id", "held_on", "pay_day"])
    book.active.append(["C0001", TODAY - timedelta(days=9), 8])
    book.save(tmp_path / "interviews.xlsx")
    done = importing.take_in(tmp_path / "interviews.xlsx", "crm")
    assert (done.new, done.faults, newest(desk).answers) == (1, [], {"pay_day": 8})


def test_bad_rows_are_named_without_their_values_and_the_others_go_on(desk, tmp_path):
    bad = [
        "C9999,2026-11-02,8,,,,,,",
        "C0002,2026-11-31,99,maybe,飞鸽,12:00,13900000000,much,",
        "C0002,2026-11-25,8,,,,,,",
        "C0002,2026-11-02,,,,,,,",
        "C0002,2026-11-02,8,,,,,,这个老赖",
        "C0001,2026-11-02,9,,,,,,",
    ]
    done = run(tmp_path, GOOD, *bad)
    assert done.exit_code == 2
    assert "7 rows read: 1 new, 0 known already, 0 older than what stands, 6 refused" in done.output
    named = [tuple(line.split("  ")[:3]) for line in done.stderr.splitlines()]
    assert {(where.rpartition(":")[2], column, code) for where, column, code in named} == {
        ("3", "customer_id", "INTV-016"),
        *(("4", name, "INTV-003") for name in ("early_settlement", "channels_refused", "knowers")),
        *(("4", *pair) for pair in (("held_on", "INTV-007"), ("pay_day", "INTV-005"), ("usual_hours", "INTV-006"))),
        ("4", "income_a_month", "INTV-013"),
        ("5", "held_on", "INTV-007"),
        ("6", "", "INTV-019"),
        ("7", "if_lost", "WORD-001"),
        ("8", "held_on", "INTV-018"),
    }
    assert not [value for value in ("C9999", "much", "飞鸽", "1390000") if value in done.output]
    assert Interview.objects.count() == 1


def test_a_later_interview_by_a_person_stands_and_a_newer_import_leaves_what_it_does_not_tell(desk, tmp_path):
    at_the_desk(desk, TODAY - timedelta(days=9), pay_day=["16"], employer_name=["晨屿医院"])
    older = "1 rows read: 0 new, 0 known already, 1 older than what stands, 0 refused"
    assert older in run(tmp_path, f"C0001,{TODAY - timedelta(days=20)},8,,,,,,").output
    assert older in run(tmp_path, f"C0001,{TODAY - timedelta(days=9)},8,,,,,,").output
    assert newest(desk).answers["pay_day"] == 16
    run(tmp_path, f"C0001,{TODAY - timedelta(days=2)},20,,,,,,")
    assert newest(desk).answers == {"pay_day": 20, "employer_name": "晨屿医院"}
    run(tmp_path, f"C0001,{TODAY - timedelta(days=2)},21,,,,,,")
    assert (newest(desk).kind, newest(desk).answers["pay_day"]) == ("correction", 21)
    at_the_desk(desk, TODAY, seen=3, pay_day=["22"])
    run(tmp_path, f"C0001,{TODAY - timedelta(days=1)},23,,,,,,")
    assert [one.answers["pay_day"] for one in reading.versions(desk.case.customer_id)] == [22, 21, 20, 16]


@pytest.mark.parametrize(
    ("head", "system", "code"),
    [
        ("customer_id,pay_day", "crm", "INTV-015"),
        ("customer_id,held_on,favourite_colour", "crm", "INTV-015"),
        ("customer_id,held_on,pay_day,打算每月几号存款还款", "crm", "INTV-015"),
        ("customer_id,held_on,pay_day", "c r m", "INTV-014"),
    ],
)
def test_a_file_that_does_not_fit_the_form_is_refused_as_a_whole(desk, tmp_path, head, system, code):
    done = run(tmp_path, "C0001,2026-11-02,8,8", head=head, system=system)
    assert isinstance(done.exception, ShouyueError) and done.exception.code == code
    assert not Interview.objects.exists()
