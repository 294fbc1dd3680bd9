"""The whole way round, by the command line: the desk tells the lender's core, its files come, and the desk finds out.

The core is the simulated one: it knows no more of the desk than the files it is told by, and answers a few of their
lines otherwise on purpose. Its ``booked.csv`` says which, and the desk must have found exactly that.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

DAY = date(2026, 11, 24)
LAST = DAY + timedelta(days=3)
HERE = "from tests.cli import at_the_desk as d; "


def clock(day: date, hour: str = "12:00") -> dict[str, str]:
    return {"SHOUYUE_NOW": f"{day}T{hour}:00+08:00"}


@pytest.fixture(scope="module")
def house(desk: Desk) -> dict[str, str]:
    """A lender who looks at once whether his core has ended the loans that were paid."""
    shipped = files("shouyue.casework")
    folder = desk.home / "house"
    folder.mkdir()
    shutil.copy(str(shipped / "house.toml"), folder / "house.toml")
    terms = (shipped / "quotes" / "terms.toml").read_text(encoding="utf-8")
    assert "core_days = 7" in terms
    (folder / "quotes.toml").write_text(terms.replace("core_days = 7", "core_days = 0"), encoding="utf-8")
    return {"SHOUYUE_HOUSE": str(folder / "house.toml"), "SHOUYUE_SECOND_FACTOR": "", "SHOUYUE_LOG_LEVEL": "WARNING"}


def one_day(desk: Desk, day: date, **environment: str) -> Path:
    """The night after a day: the core takes what it was told, its files are read, the desk shows the next day."""
    source, after = desk.home / "demo" / "files", day + timedelta(days=1)
    out = source / after.isoformat()
    told = ("--instructions", str(desk.home / "instructions"))
    desk.run("simulate", "play", "--from", str(source / day.isoformat()), "--day", str(day), *told, "--out", str(out))
    desk.run("import", str(out), "--profile", "demo", "--book", "demo", "--append", **environment)
    desk.run("day", "--as-of", str(after), "--book", "demo", **clock(after, "06:30"), **environment)
    return out


@pytest.fixture(scope="module")
def told(desk: Desk, house) -> Path:
    """Worked for a day, told at noon of the second, and three days on; the core's own account of it."""
    desk.run("demo", "--no-serve", "--loans", "300", "--days", "1", **clock(DAY), **house)
    desk.run("manage", "shell", "-c", f"{HERE}d.tell('{DAY + timedelta(days=1)}')", **clock(DAY), **house)
    for command in ("concessions", "settlements"):
        desk.run(command, "export", **clock(DAY), **house)
    desk.run("contacts", "export", "--by", "head", "--reason", "core", **clock(DAY), **house)
    out, day = desk.home, DAY
    while day < LAST:
        out = one_day(desk, day, **house)
        day += timedelta(days=1)
    return out


def booked(folder: Path) -> dict[str, dict[str, list[str]]]:
    """By kind and by what the line is of: what the core says became of it."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with (folder / "booked.csv").open() as lines:
        for row in csv.DictReader(lines):
            of = {
                "concessions": f"{row['instruction']}/{row['subject']}",
                "settlements": row["subject"],
                "contacts": f"{row['instruction']}/{row['line']}",
            }[row["kind"]]
            found[row["kind"]][of].append(row["answer"] if row["on"] <= str(LAST) else "to come")
    return found


@pytest.fixture(scope="module")
def standing(desk: Desk, told, house) -> dict:
    said = desk.run("manage", "shell", "-c", f"{HERE}d.standing()", **clock(LAST), **house)
    return json.loads(said.split("STANDING")[1].splitlines()[0])


def test_each_waiver_stands_as_the_core_answered_it(told, standing):
    answers = booked(told)["concessions"]
    assert set(standing["concessions"]) == set(answers)
    for key, state in standing["concessions"].items():
        said = set(answers[key])
        assert state == ("done" if said == {"booked"} else "exported" if said == {"refused"} else "differs"), key
    assert set(standing["concessions"].values()) == {"done", "exported", "differs"}


def test_each_early_settlement_stands_as_the_core_answered_it(told, standing):
    answers = booked(told)["settlements"]
    assert set(standing["settlements"]) == set(answers)
    states = {"booked": "settled", "otherwise": "differs", "refused": "differs", "unpaid": "accepted"}
    states["to come"] = "accepted"  # the demo's own staff gives a week
    for loan, state in standing["settlements"].items():
        (said,) = answers[loan]
        assert state == states[said], (loan, said)
    assert set(standing["settlements"].values()) == {"settled", "differs", "accepted"}


def test_contact_data_is_taken_in_where_the_core_took_it_and_waits_elsewhere(desk, told, standing, house):
    answers = booked(told)["contacts"]
    assert set(standing["contacts"]) == set(answers)
    waits, worked = {line for line, because in standing["contacts"].items() if not because}, set(standing["worked"])
    assert worked and worked <= waits  # of whom no case is open any more no file is looked at
    for line, because in standing["contacts"].items():
        assert because in ("", "file")
        assert because == ("file" if answers[line] == ["booked"] else "") or line in waits - worked, line
    said = desk.run("contacts", "waiting", "--days", "0", expect=3, **clock(LAST), **house)
    assert f"{len(worked)} 项仍未更新" in said


def test_the_pages_say_so(desk, told, standing, house):
    said = desk.run("manage", "shell", "-c", f"{HERE}d.pages()", **clock(LAST), **house)
    pages = json.loads(said.split("PAGES")[1].splitlines()[0])
    assert pages.pop("/core/") == len(standing["worked"])
    for address, contracts in pages.items():
        page, state = address.strip("/").split("/?")
        kind = {"concessions": "concessions", "quotes": "settlements"}[page]
        state = state.partition("=")[2]
        assert contracts == sorted({key.split("/")[-1] for key, one in standing[kind].items() if one == state}), address
        assert contracts


def test_told_again_nothing_is_booked_again(desk, told, house):
    """Every night found all files in the folder."""
    first = told.with_name(f"{DAY + timedelta(days=1)}")
    assert (told / "booked.csv").read_bytes() == (first / "booked.csv").read_bytes()
    assert "nothing new to tell" in desk.run("settlements", "export", **clock(LAST), **house)


def test_the_trail_holds(desk, told):
    desk.run("audit", "verify")
