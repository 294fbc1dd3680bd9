"""An agency's own system, a process that knows the documented interface alone, against a served desk."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shouyue.base import database
from tests.cli.conftest import Desk, wait_until
from tests.cli.lossy import lossy
from tests.cli.test_serve import free_port

pytestmark = pytest.mark.kill

NOON = {
    "SHOUYUE_NOW": "2026-11-24T12:00:00+08:00",
    "SHOUYUE_SECOND_FACTOR": "",
    "SHOUYUE_LOG_LEVEL": "WARNING",
}
HERE = "from tests.cli import at_the_desk as d; "
#: of the Chinese pack, a person and a number a day
CONVERSATIONS, UNANSWERED = 3, 6


def rows(desk: Desk, query: str, *values: object) -> list[tuple]:
    with psycopg.connect(database.start(desk.home / "postgres")) as connection:
        return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    """A small lender at noon, served."""
    desk.run("demo", "--no-serve", "--loans", "400", "--days", "0", **NOON)
    port = free_port()
    process = subprocess.Popen(
        desk.command("serve", "--port", str(port), "--workers", "2"),
        env={**desk.environment, **NOON},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert f"http://localhost:{port}" in process.stdout.readline()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=60)
    process.stdout.close()


class Agency:
    """With four customers of its own, placed with it for the test."""

    taken = 0

    def __init__(self, desk: Desk, code: str, address: str):
        self.desk, self.code, self.address = desk, code, address
        desk.run("agency", "add", code, f"{code} agency", "--evaluated", "2026-11-01", "--by", "admin", **NOON)
        said = desk.run("agency", "token", code, "--by", "admin", **NOON)
        self.number, self.token = next(
            line.split() for line in said.splitlines() if re.fullmatch(r"\d+  sya_\S+", line)
        )
        late = rows(
            desk,
            "SELECT u.customer_id, c.id FROM casework_case c JOIN casework_customer u ON u.id = c.customer_id"
            " WHERE c.status = 'open' AND NOT coalesce(u.vulnerable, false)"
            " ORDER BY c.dpd DESC, c.id LIMIT 4 OFFSET %s",
            Agency.taken,
        )
        Agency.taken += 4
        self.customers, self.cases = [row[0] for row in late], [row[1] for row in late]
        assert len(late) == 4
        desk.run("agency", "place", code, *self.customers, "--by", "head", **NOON)

    def start(self, *more: str, address: str = "") -> subprocess.Popen[str]:
        given = ("simulate", "agency", "--address", address or self.address, *more)
        return subprocess.Popen(
            self.desk.command(*given),
            env={**self.desk.environment, **NOON, "SHOUYUE_AGENCY_TOKEN": self.token},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *more: str, address: str = "", expect: int = 0) -> Counter[str]:
        process = self.start(*more, address=address)
        said, _ = process.communicate(timeout=150)
        assert process.returncode == expect, said
        return Counter({name: int(n) for name, n in re.findall(r"([a-z]+) (\d+)", said)})

    def attempts(self) -> list[str]:
        found = rows(self.desk, "SELECT id FROM compliance_attempt WHERE agency = %s", self.code)
        return sorted(str(one) for (one,) in found)


def outcomes(desk: Desk, customers: list[str]) -> list[tuple[str, str, str, int]]:
    """Person, number, who, and how many outcomes of which kind, of the calls to these customers."""
    return rows(
        desk,
        "SELECT a.person_id::text, a.number_key, o.kind, count(*) FROM compliance_attempt a"
        " LEFT JOIN compliance_attemptoutcome o ON o.attempt_id = a.id"
        " WHERE a.channel = 'call' AND a.person_id IN"
        " (SELECT person_id FROM casework_customer WHERE customer_id = ANY(%s)) GROUP BY 1, 2, 3",
        customers,
    )


def budgets_hold(desk: Desk, customers: list[str]) -> tuple[Counter[str], Counter[str]]:
    talks, silent = Counter(), Counter()
    for person, number, kind, count in outcomes(desk, customers):
        assert kind is not None, "a call without an outcome"
        if kind == "conversation":
            talks[person] += count
        elif kind in ("unanswered", "not_connected"):
            silent[number] += count
    assert all(count <= CONVERSATIONS for count in talks.values()), talks
    assert all(count <= UNANSWERED for count in silent.values()), silent
    return talks, silent


def asked(journal: Path) -> dict[str, list[dict]]:
    """What the journal has of each contact that was asked for, by its key."""
    found: dict[str, list[dict]] = {}
    for line in journal.read_text().splitlines():
        said = json.loads(line)
        if "key" in said and "outcome" not in said["key"]:
            found.setdefault(said["key"], []).append(said)
    return found


def test_over_a_line_that_loses_much_nothing_is_counted_twice(desk, address):
    north = Agency(desk, "north", address)
    with lossy(address) as line:
        counts = north.run("--per-case", "9", "--unasked", "2", "--seed", "13", address=line.address)
        assert line.lost["there"] > 3 and line.lost["back"] > 3
        assert counts["repeated"] == sum(line.lost.values())
    assert counts["cases"] == 4 and counts["refused"] > 0 and counts["unasked"] == 2
    assert len(north.attempts()) == counts["allowed"] + counts["unasked"]
    assert counts["told"] == counts["allowed"]
    told = "SELECT count(*) FROM compliance_attemptoutcome o JOIN compliance_attempt a ON a.id = o.attempt_id"
    assert rows(desk, f"{told} WHERE a.agency = 'north'") == [(len(north.attempts()),)]
    budgets_hold(desk, north.customers)


def test_what_is_refused_is_not_asked_again_in_the_run(desk, address, tmp_path):
    quiet = Agency(desk, "quiet", address)
    counts = quiet.run("--per-case", "12", "--seed", "13", "--journal", str(tmp_path / "j"))
    seen: Counter[tuple[str, int]] = Counter()
    for said in asked(tmp_path / "j").values():
        body, answer = said[0]["body"], said[-1]
        assert not seen[body["case"], body["number"]], "it was refused before"
        seen[body["case"], body["number"]] += not answer["allowed"]
    assert sum(seen.values()) == counts["refused"] > 0


def test_the_budget_of_a_person_is_one_for_the_desk_and_the_agency_at_once(desk, address):
    both = Agency(desk, "both", address)
    process = both.start("--per-case", "10")
    theirs = desk.run("manage", "shell", "-c", f"{HERE}d.call({both.cases}, 10)", **NOON)
    said, _ = process.communicate(timeout=150)
    assert process.returncode == 0, said
    allowed = Counter({name: int(n) for name, n in re.findall(r"([a-z]+) (\d+)", said)})["allowed"]
    made = int(re.search(r"CALLED (\d+)", theirs)[1])  # type: ignore[index]
    assert made > 0 and allowed > 0
    of_all = sum(count for *_, count in outcomes(desk, both.customers))
    assert of_all == made + allowed
    talks, silent = budgets_hold(desk, both.customers)
    assert CONVERSATIONS in talks.values() or UNANSWERED in silent.values(), "nobody's budget was used up"


def test_a_case_taken_back_is_left_at_once_and_a_withdrawn_token_ends_the_run(desk, address, tmp_path):
    south = Agency(desk, "south", address)
    process = south.start("--per-case", "40", "--pause", "0.4", "--journal", str(tmp_path / "j"))
    wait_until(lambda: len(south.attempts()) > 1)
    desk.run("agency", "take-back", south.customers[0], "--by", "head", **NOON)
    mine = "SELECT count(*) FROM compliance_attempt a JOIN casework_customer c ON c.person_id = a.person_id"
    mine += " WHERE a.agency = 'south' AND c.customer_id = %s"
    before = rows(desk, mine, south.customers[0])
    wait_until(lambda: "AGENCY-003" in (tmp_path / "j").read_text())
    desk.run("agency", "withdraw", "south", south.number, "--by", "admin", **NOON)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2 and "SIM-011" in said
    assert rows(desk, mine, south.customers[0]) == before
    gone = [said[-1] for said in asked(tmp_path / "j").values() if said[-1].get("code") == "AGENCY-003"]
    assert len(gone) == 1, "asked once more, and then left"


def test_killed_in_the_middle_the_next_run_tells_what_was_left_and_counts_nothing_twice(desk, address, tmp_path):
    east = Agency(desk, "east", address)
    with lossy(address) as line:
        for turn in range(3):
            before = len(east.attempts())
            process = east.start("--per-case", "9", "--journal", str(tmp_path / "j"), address=line.address)
            wait_until(lambda p=process, n=before + 2: len(east.attempts()) >= n or p.poll() is not None)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert turn or process.returncode == -signal.SIGKILL
        counts = east.run("--per-case", "9", "--journal", str(tmp_path / "j"), address=line.address)
    contacts = {said[-1]["contact"] for said in asked(tmp_path / "j").values() if said[-1].get("contact")}
    assert sorted(contacts) == east.attempts()
    budgets_hold(desk, east.customers)
    assert counts["cases"] == 4


def test_no_number_is_in_a_journal_and_the_trail_holds(desk, address, tmp_path):
    west = Agency(desk, "west", address)
    west.run("--per-case", "2", "--journal", str(tmp_path / "j"))
    text = (tmp_path / "j").read_text()
    phones = rows(desk, "SELECT phone FROM casework_contactpoint")
    assert text and not [phone for (phone,) in phones if phone in text] and west.token not in text
    desk.run("audit", "verify")


def test_a_desk_that_is_not_there_is_told_plainly(desk, tmp_path):
    given = ("simulate", "agency", "--token", "sya_x", "--address")
    assert "SIM-010" in desk.run(*given, f"http://127.0.0.1:{free_port()}", expect=2)
    assert "SIM-009" in desk.run(*given, "localhost:8000", expect=2)
