"""What the core is told of contact data: once, in numbered files, and after an erasure without the lines that went."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner

from shouyue.base.errors import ShouyueError
from shouyue.casework import numbers
from shouyue.casework.contact_changes import drawing, exporting, standing
from shouyue.casework.details import keeping
from shouyue.casework.models import Case, ContactPoint, Instruction, Loan, TimelineEntry, ToldDetail, ToldLine
from shouyue.cli.contacts import contacts
from shouyue.compliance.models import AuditEntry
from shouyue.people.permissions import NotPermitted
from shouyue.privacy import copying, erasure
from shouyue.reports import witness

from .conftest import MORNING, TODAY
from .test_number_corrections import called, correct

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    monkeypatch.setenv("SHOUYUE_NOW", MORNING.isoformat())
    return tmp_path


def add(desk, phone="20000000009", relation="self", **more) -> ContactPoint:
    told = numbers.Told(phone, relation, "mobile", "borrower", **more)
    return numbers.add(desk.case.pk, told, desk.rep, uuid4())


def says(desk, value, what="address", **more):
    said = keeping.Said(what, value, "borrower", **more)
    return keeping.say(desk.case.pk, said, desk.rep, uuid4())


def export(desk) -> exporting.Written:
    written = exporting.export(desk.head, "core")
    assert written is not None
    return written


def rows(written: exporting.Written) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.text)))


def lines(written: exporting.Written) -> list[tuple[str, ...]]:
    """Change, what of it stands in the file."""
    shown = ("change", "phone", "relation", "place", "name", "mark", "value", "city", "zone", "letters")
    return [tuple(row[n] for n in shown if row[n]) for row in rows(written) if row["record"] == "change"]


@pytest.fixture
def told(desk):
    """A call with the borrower, and what he told in it."""
    called(desk, desk.own)
    desk.new = add(desk, "200 0000 0009")
    add(desk, "20000000008", "friend", name="李四")
    correct(desk, desk.friend, "colleague", name="王五")
    numbers.mark(desk.case.pk, desk.own.pk, "verified", "", desk.rep, uuid4())
    numbers.mark(desk.case.pk, desk.friend.pk, "out_of_service", "borrower", desk.rep, uuid4())
    says(desk, "上海某街 3 号", city="上海", zone="Asia/Urumqi", letters=True)
    says(desk, "新单位", "employer")
    return desk


def test_a_file_has_every_change_in_order_with_control_totals(told):
    written = export(told)
    assert lines(written) == [
        ("number_added", "20000000009", "self", "mobile"),
        ("number_added", "20000000008", "friend", "mobile", "李四"),
        ("number_corrected", "10000000002", "colleague", "王五"),
        ("number_marked", "10000000001", "verified"),
        ("number_marked", "10000000002", "out_of_service"),
        ("address", "上海某街 3 号", "上海", "Asia/Urumqi", "yes"),
        ("employer", "新单位"),
    ]
    found = rows(written)
    assert {row["customer"] for row in found if row["record"] == "change"} == {told.case.customer.customer_id}
    assert [row["line"] for row in found if row["record"] == "change"] == [str(n) for n in range(1, 8)]
    totals = {row["change"]: row["line"] for row in found if row["record"] == "total"}
    assert totals == {
        "number_added": "2",
        "number_corrected": "1",
        "number_marked": "2",
        "address": "1",
        "employer": "1",
    }
    assert (found[-1]["record"], found[-1]["line"], written.name) == ("end", "7", "contacts-000001.csv")


def test_what_waits_to_be_told_is_counted_as_it_would_be_drawn(told):
    def drawn() -> Counter[str]:
        return Counter(one.change for one in drawing.untold())

    assert drawing.counts() == drawn() and sum(drawing.counts().values()) == 7
    ContactPoint.objects.filter(pk=told.new.pk).delete()
    ToldDetail.objects.filter(what="employer").update(value="")
    assert drawing.counts() == drawn() and sum(drawing.counts().values()) == 5
    export(told)
    says(told, "别处 9 号")
    assert drawing.counts() == drawn() == {"address": 1}


def test_nothing_is_told_twice_and_numbers_have_no_gaps(told):
    assert export(told).made.number == 1
    assert exporting.export(told.head, "core") is None
    says(told, "别处 9 号")
    second = export(told)
    assert second.made.number == 2 and lines(second) == [("address", "别处 9 号")]


def test_the_text_is_nowhere_in_the_database_and_the_chain_says_who_took_it_and_why(told):
    written = export(told)
    made = Instruction.objects.get()
    assert made.text == "" and made.sha256 == hashlib.sha256(written.text.encode()).hexdigest()
    assert "某街" not in str(list(ToldLine.objects.values())) + str(list(Instruction.objects.values()))
    entry = AuditEntry.objects.get(action="contact_changes.export")
    assert (entry.actor, entry.data["reason"], entry.data["count"]) == ("head", "core", 7)
    assert not [word for word in ("20000000009", "某街", "新单位", "李四") if word in str(entry.data)]
    assert list(witness.altered()) == []
    Instruction.objects.update(count=6)
    assert [one.row.split()[0] for one in witness.altered()] == ["Instruction"]


@pytest.mark.parametrize("values", [{"digest": "0" * 32}, {"row": 1}, {"fields": ["name"]}, {"number": None}])
def test_a_line_that_is_altered_is_named(told, values):
    export(told)
    says(told, "别处 9 号")
    export(told)
    ToldLine.objects.filter(instruction__number=1, line=2).update(**values)
    assert [one.row for one in witness.altered()] == ["ToldLine 1 2"]


def test_a_line_that_is_taken_out_or_pushed_in_is_named(told):
    made = export(told).made
    line = ToldLine.objects.get(line=7)
    line.delete()
    assert {one.row for one in witness.altered()} == {"ToldLine 1 7", f"Instruction {made.pk}"}
    line.save()
    assert list(witness.altered()) == []
    line.pk, line.line, line.row = None, 8, 1_000
    line.save()
    assert [(one.row, one.field) for one in witness.altered()] == [(f"Instruction {made.pk}", "rows")]


def test_what_the_lenders_file_settles_of_a_line_is_no_alarm(told):
    export(told)
    ToldLine.objects.filter(settled_on=None).update(settled_on=TODAY, settled_because="file")
    assert list(witness.altered()) == []


@pytest.mark.parametrize("who", ["rep", "manager", "auditor"])
def test_only_head_office_takes_it_and_says_why(told, who):
    with pytest.raises(NotPermitted):
        exporting.export(getattr(told, who), "core")
    for reason in ("", "curious"):
        with pytest.raises(ShouyueError, match="CASE-024"):
            exporting.export(told.head, reason)
    assert not Instruction.objects.exists()
    export(told)
    with pytest.raises(NotPermitted):
        exporting.again(1, getattr(told, who), "again")
    with pytest.raises(ShouyueError, match="CORE-001"):
        exporting.again(2, told.head, "again")


def test_a_file_is_made_again_with_the_same_bytes(told):
    first = export(told)
    says(told, "别处 9 号")
    export(told)
    again = exporting.again(1, told.head, "again")
    assert again.text == first.text and again.same and not again.gone and not again.changed
    assert AuditEntry.objects.get(action="contact_changes.again").data == {
        "number": 1,
        "lines": 7,
        "changed": 0,
        "gone": 0,
        "reason": "again",
    }


def test_a_line_whose_name_was_corrected_since_is_named_as_changed_and_says_the_rest(told):
    first = export(told)
    correct(told, told.friend, "colleague", name="赵六")
    assert lines(export(told)) == [("number_corrected", "10000000002", "赵六")]
    again = exporting.again(1, told.head, "again")
    assert (again.changed, again.gone, again.same) == ((3,), (), False)
    assert "王五" not in again.text and "赵六" not in again.text
    before, now = ([row | {"name": ""} for row in rows(made)] for made in (first, again))
    assert now[2].pop("record") == "changed" and before[2].pop("record") == "change"
    assert before == now, "all but the name is as it was, the totals too"


def test_a_line_that_says_something_else_than_the_name_is_gone(told):
    export(told)
    line = ToldLine.objects.get(line=3)
    entry = TimelineEntry.objects.get(pk=line.row)
    TimelineEntry.objects.filter(pk=entry.pk).update(data={**entry.data, "relation": ["friend", "parent"]})
    correct(told, told.friend, "colleague", name="赵六")
    again = exporting.again(1, told.head, "again")
    assert (again.gone, again.changed) == ((3,), ())
    ToldLine.objects.update(but_name="")
    TimelineEntry.objects.filter(pk=entry.pk).update(data=entry.data)
    assert exporting.again(1, told.head, "again").gone == (3,), "a line from before there was such a digest"


def test_who_is_erased_is_in_no_file_any_more_and_the_file_says_which_lines_went(told, home):
    written = export(told)
    path = exporting.write(written)
    assert path.read_text() == written.text and path.stat().st_mode & 0o077 == 0
    Case.objects.update(status="closed", closed_on=TODAY - timedelta(days=4_000))
    Loan.objects.update(outstanding_minor=0)
    assert erasure.erase(TODAY - timedelta(days=2_000), None) == 1
    assert not path.exists()
    again = exporting.again(1, told.head, "check")
    assert again.gone == tuple(range(1, 8)) and not again.same
    found = rows(again)
    assert [row["record"] for row in found] == ["gone"] * 7 + ["end"]
    assert [row["change"] for row in found][:2] == ["number_added", "number_added"]
    assert not [w for w in ("20000000009", "某街", "新单位", "李四", "C0001") if w in again.text]
    assert exporting.export(told.head, "core") is None, "what is erased is told to nobody"
    assert list(witness.altered()) == []


def test_a_copy_for_the_person_tells_that_the_core_was_told_and_no_number_of_others(told):
    export(told)
    held = copying.copy(told.case.customer.customer_id, None)
    told_lines = held["tables"]["casework.ToldLine"]
    assert len(told_lines) == 7 and "20000000008" not in str(told_lines)


def test_what_was_told_before_of_the_same_thing_waits_no_more(told):
    export(told)
    waits = {(one.change, one.line) for one in standing.waiting()}
    assert waits == {
        *(("number_added", 1), ("number_added", 2), ("number_corrected", 3), ("number_marked", 5)),
        *(("address", 6), ("employer", 7)),
    }, "that a number was verified asks nothing of the core"
    says(told, "又一处 1 号")
    says(told, "再一处 2 号")
    correct(told, told.friend, "colleague", place="work")
    export(told)
    waits = [(one.instruction.number, one.line, one.change) for one in standing.waiting()]
    assert (1, 6, "address") not in waits and (2, 2, "address") not in waits and (2, 3, "address") in waits
    assert (1, 3, "number_corrected") in waits, "relation and name are still not the file's"


def test_what_the_core_says_otherwise_after_some_days_is_listed(told, monkeypatch):
    export(told)
    day = MORNING.date()
    assert standing.overdue(day + timedelta(days=7)).count() == 0
    assert standing.overdue(day + timedelta(days=8)).count() == 6
    assert standing.overdue(day + timedelta(days=3), days=2).count() == 6
    Case.objects.update(status="closed", closed_on=TODAY)
    assert standing.overdue(day + timedelta(days=8)).count() == 0, "no file is looked at for him"


def test_on_the_command_line_it_is_safe_to_repeat(told, home):
    run = CliRunner().invoke
    refused = run(contacts, ["export", "--by", "head", "--to", str(home / "out")])
    assert refused.exit_code == 2 and "--reason" in refused.output and not Instruction.objects.exists()
    asked = ["--by", "head", "--reason", "core", "--to", str(home / "out")]
    done = run(contacts, ["export", *asked], catch_exceptions=False)
    path = home / "out" / "contacts-000001.csv"
    assert done.exit_code == 0 and str(path) in done.output and "number_added (2)" in done.output
    text = path.read_text(encoding="utf-8")
    assert "nothing new" in run(contacts, ["export", *asked], catch_exceptions=False).output
    path.unlink()
    again = run(contacts, ["again", "1", *asked], catch_exceptions=False)
    assert again.exit_code == 0 and path.read_text(encoding="utf-8") == text and "the same bytes" in again.output
    late = run(contacts, ["waiting", "--days", "0"], catch_exceptions=False)
    assert late.exit_code == 0 and "0 " in late.output
    ContactPoint.objects.filter(pk=told.friend.pk).update(name="赵六")
    gone = run(contacts, ["again", "1", *asked], catch_exceptions=False)
    assert gone.exit_code == 3 and "left out: 3" in gone.output and "gone" not in gone.output
