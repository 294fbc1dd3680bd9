"""Files for the core are read by their documented form, whole or not at all."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.simulator import instructions
from shouyue.simulator.instructions import Change, Settle, Waive
from tests.simulator import telling

LOAN, OTHER = "SY000000001", "SY000000002"
DAY = date(2026, 12, 1)


@pytest.fixture
def folder(tmp_path) -> Path:
    telling.concessions(tmp_path, 1, [(LOAN, "late_fee", 25_00), (LOAN, "penalty", 10_50), (OTHER, "penalty", 1)])
    telling.settlements(tmp_path, 1, [(LOAN, {"principal": 100_00, "interest": 3_25}, DAY), (OTHER, {"fee": 7}, DAY)])
    telling.contacts(
        tmp_path,
        1,
        [
            {"change": "number_added", "customer": "C000000001", "phone": "10020000001", "relation": "self"},
            {"change": "address", "customer": "C000000002", "value": '"青禾路 1 号, 2 栋"'},
        ],
    )
    return tmp_path


def code(folder: Path, taken=None) -> str:
    with pytest.raises(ShouyueError) as error:
        instructions.new(folder, taken or {})
    assert error.value.zh and error.value.en
    return error.value.code


def test_all_three_kinds_are_read_in_the_order_to_book_them(folder):
    waived, settled, told = instructions.new(folder, {})
    assert waived.lines[1] == Waive(2, LOAN, "penalty", "CNY", 10_50)
    assert settled.lines[0] == Settle(3, LOAN, "CNY", 103_25, DAY, {"interest": 3_25, "principal": 100_00})
    assert told.lines[1] == Change(2, "C000000002", "address", {"value": "青禾路 1 号, 2 栋", "source": "borrower"})


@pytest.mark.parametrize("name", ["concessions-000001.csv", "settlements-000001.csv", "contacts-000001.csv"])
def test_no_line_can_be_left_out_and_none_stand_twice(folder, name):
    path = folder / name
    lines = path.read_text().splitlines(keepends=True)
    for n in range(len(lines)):
        path.write_text("".join(lines[:n] + lines[n + 1 :]))
        assert code(folder) == "SIM-006", f"without {lines[n]!r}"
        path.write_text("".join([*lines[: n + 1], lines[n], *lines[n + 1 :]]))
        assert code(folder) == "SIM-006", f"twice {lines[n]!r}"
    for n in range(len(lines)):
        path.write_text("".join(lines[:n]))
        assert code(folder) == "SIM-006", "cut off"


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("concessions-000001.csv", "25.00", "26.00"),
        ("concessions-000001.csv", "25.00", "25.001"),
        ("concessions-000001.csv", "25.00", "-25.00"),
        ("concessions-000001.csv", "25.00,rep1", "25.00"),
        ("concessions-000001.csv", "waive,1,2", "waive,2,2"),
        ("concessions-000001.csv", "waive,1,2", "wave,1,2"),
        ("concessions-000001.csv", "waive,1,2", "waive,1,x"),
        ("concessions-000001.csv", "record,", "records,"),
        ("concessions-000001.csv", "penalty,CNY,10.50", "late_fee,CNY,10.50"),
        ("concessions-000001.csv", "CNY,10.50", "USD,10.50"),
        ("settlements-000001.csv", "100.00,2026", "100.01,2026"),
        ("settlements-000001.csv", "103.25,2026-12-01", "103.25,2026-12-32"),
        ("contacts-000001.csv", "change,1,1,number_added", "change,1,1,number_marked"),
        ("contacts-000001.csv", '"青禾路', '"青"禾路'),
    ],
)
def test_what_was_damaged_is_refused(folder, name, was, now):
    text = (folder / name).read_text()
    assert was in text
    (folder / name).write_text(text.replace(was, now, 1))
    assert code(folder) == "SIM-006"


def test_what_is_no_text_is_refused(folder):
    path = folder / "contacts-000001.csv"
    path.write_bytes(path.read_text().encode("gb18030"))
    assert code(folder) == "SIM-006"


def test_numbers_have_no_gaps(folder):
    telling.concessions(folder, 3, [(LOAN, "penalty", 1)])
    assert code(folder) == "SIM-007"
    telling.concessions(folder, 2, [(LOAN, "penalty", 1)])
    assert [file.name for file in instructions.new(folder, {})][:3] == [f"concessions-00000{n}.csv" for n in (1, 2, 3)]
    (folder / "settlements-000001.csv").rename(folder / "settlements-000002.csv")
    assert code(folder) == "SIM-007"


def test_what_was_taken_is_not_taken_again_and_must_not_say_something_else(folder):
    taken = {(file.kind, file.number): file.sha256 for file in instructions.new(folder, {})}
    assert taken[("contacts", 1)] == sha256((folder / "contacts-000001.csv").read_bytes()).hexdigest()
    assert instructions.new(folder, taken) == []
    telling.concessions(folder, 1, [(LOAN, "penalty", 2)])
    assert code(folder, taken) == "SIM-008"
    (folder / "concessions-000001.csv").unlink()  # it may have been put away
    assert instructions.new(folder, taken) == []


def test_a_file_of_contact_data_that_was_made_again_without_an_erased_line_is_one_that_was_taken(folder):
    (old,) = [file for file in instructions.new(folder, {}) if file.kind == "contacts"]
    rows = old.text.splitlines()
    gone = [rows[0], rows[2], "gone,1,1,number_added" + "," * 13, "total,1,1,address" + "," * 13, rows[-1]]
    (folder / "contacts-000001.csv").write_text("\n".join(gone) + "\n")
    (again,) = [file for file in instructions.new(folder, {}) if file.kind == "contacts"]
    assert [one.line for one in again.lines] == [2], "a core that lost the first takes what is left"
    assert [f.kind for f in instructions.new(folder, {("contacts", 1): old.sha256})] == ["concessions", "settlements"]


def test_a_line_whose_name_changed_before_the_file_was_made_again_is_taken_without_it(folder):
    (old,) = [file for file in instructions.new(folder, {}) if file.kind == "contacts"]
    (folder / "contacts-000001.csv").write_text(old.text.replace("\nchange,", "\nchanged,", 1))
    (again,) = [file for file in instructions.new(folder, {}) if file.kind == "contacts"]
    assert again.lines == old.lines


def test_what_is_no_file_for_the_core_is_left_alone(folder):
    (folder / ".concessions-000002.csv.0a.part").write_text("half")
    (folder / "notes.txt").write_text("x")
    assert len(instructions.new(folder, {})) == 3
