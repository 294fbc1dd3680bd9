"""The desk works by the version in force on the day; the run names exactly which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.cli.strategy import strategy as command
from shouyue.daily import jobs, strategies
from shouyue.daily.models import DailyRun
from shouyue.people.models import User
from shouyue.releases import drafting, kinds, releasing, reviewing
from shouyue.strategy import load
from shouyue.web import words

from ..factories import user
from .conftest import DAY, after, case_of

pytestmark = pytest.mark.django_db
STANDARD = load("standard").text
ID = load("standard").id
#: who has always been late is called as one who is late in the golden week
LATER = STANDARD.replace("golden      | [1..7] ", "golden      | [1..6] ").replace("[8..30]", "[7..30]")
LATER = LATER.replace('zh = "M1 8–30天"', 'zh = "M1 第7天起"')


@pytest.fixture
def ann(db) -> User:
    return user("ann", "head_office")


@pytest.fixture
def bob(db) -> User:
    return user("bob", "head_office")


@pytest.fixture
def released(ann, bob):
    def make(text: str, from_: date, today: date = DAY) -> int:
        seen = drafting.Version.objects.filter(document__name="standard").count()
        number = drafting.save("strategy", "standard", text, ann, seen).number
        reviewing.propose("strategy", "standard", number, ann)
        reviewing.approve("strategy", "standard", number, bob)
        releasing.release("strategy", "standard", number, ann, from_, today)
        return number

    return make


def test_the_version_in_force_decides_and_is_named(lender, reps, released):
    lender.loan("L1", after(-7))
    first = lender.day()
    assert (first.strategy, first.strategy_release, case_of("C1").stage) == (ID, None, "golden")
    released(LATER, after(1))
    assert lender.day().strategy_release is None
    lender.loan("L2", after(-6))
    second = lender.day(after(1))
    assert (second.strategy, second.strategy_release) == (f"{ID}#1", 1)
    assert case_of("C2").stage == "M1"
    assert case_of("C2").strategy == f"{ID}#1"
    assert words.strategy_label(case_of("C2").strategy, "stages", "M1", "zh-hans") == "M1 第7天起"


def test_rolling_back_takes_the_next_list_back(lender, reps, released, bob):
    lender.loan("L1", after(-7))
    released(STANDARD + "\n# the first\n", DAY)
    released(LATER, DAY)
    lender.day()
    assert case_of("C1").stage == "M1"
    releasing.roll_back("strategy", "standard", 1, bob, DAY, DAY, "called too many")
    run = lender.day()
    assert (run.strategy_release, case_of("C1").stage) == (1, "golden")
    assert DailyRun.objects.filter(as_of=DAY).count() == 2


def test_a_file_given_by_its_path_is_that_file(lender, reps, released, tmp_path):
    released(LATER, DAY)
    path = tmp_path / "standard.toml"
    path.write_text(STANDARD, "utf-8")
    assert lender.day(strategy=path).strategy_release is None
    assert strategies.chosen("standard", DAY).released == 1
    assert strategies.chosen("standard", DAY - timedelta(days=1)).released is None


def test_the_worker_runs_again_when_another_version_comes_into_force(lender, reps, released, monkeypatch):
    lender.loan("L1", after(-7))
    lender.day()
    monkeypatch.setenv("SHOUYUE_DAILY_BOOK", str(lender.path))
    schedule = jobs.Schedule.from_environment()
    now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert jobs.due(schedule, now) is None
    released(LATER, DAY)
    assert jobs.due(schedule, now) == DAY


def test_a_strategy_known_only_by_its_versions_is_chosen(released, ann, bob):
    text = STANDARD.replace('name = "standard"', 'name = "north"')
    drafting.save("strategy", "north", text, ann, 0)
    reviewing.propose("strategy", "north", 1, ann)
    reviewing.approve("strategy", "north", 1, bob)
    with pytest.raises(ShouyueError, match="STRAT-001"):
        strategies.chosen("north", DAY)
    releasing.release("strategy", "north", 1, ann, DAY, DAY)
    assert strategies.chosen("north", DAY).id == ID.replace("standard", "north") + "#1"
    assert strategies.of_identity("north@7#1").released == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("[1..7] ", "[1..x] "), "STRAT-032"),
        (('name = "standard"', 'name = "other"'), "DAY-020"),
        (('name = "standard"', "name = "), "STRAT-002"),
        (('stage = "golden", treatment', 'stage = "M1", treatment'), "STRAT-070"),
        (("13:00-15:00 | 5 ", "22:30-23:00 | 5 "), "LAW-001"),
    ],
)
def test_what_stands_against_a_version(ann, change, code):
    assert change[0] in STANDARD
    drafting.save("strategy", "standard", STANDARD.replace(*change, 1), ann, 0)
    with pytest.raises(ShouyueError) as refused:
        reviewing.propose("strategy", "standard", 1, ann)
    assert refused.value.code == "REL-005"
    assert code in [r.code for r in refused.value.remarks]  # type: ignore[attr-defined]


def test_a_strategy_without_tests_is_warned_about(ann, bob):
    text = STANDARD[: STANDARD.index("[[test]]")]
    drafting.save("strategy", "standard", text, ann, 0)
    reviewing.propose("strategy", "standard", 1, ann)
    with pytest.raises(ShouyueError, match="REL-006") as refused:
        reviewing.approve("strategy", "standard", 1, bob)
    (remark,) = (r for r in refused.value.remarks if r.severity == "warning")  # type: ignore[attr-defined]
    assert remark.code == "DAY-021"
    reviewing.approve("strategy", "standard", 1, bob, [remark.key])


def test_the_kind_tells_what_differs_row_by_row():
    changes = kinds.kind("strategy").diff(STANDARD, LATER.replace("is = 20.00", "is = 30.00"))
    told = {c.place: (c.was, c.now) for c in changes}
    assert told["values small"] == ("20.00", "30.00")
    assert told["stage golden dpd"] == ("[1..7]", "[1..6]")
    assert told["stage M1 dpd"] == ("[8..30]", "[7..30]")


def test_the_command_lists_versions_and_what_is_in_force(released, ann):
    call = CliRunner()
    assert "no released version in force" in call.invoke(command, ["versions", "list", "standard"]).output
    released(STANDARD, DAY, DAY)
    released(LATER, after(3), DAY)
    drafting.save("strategy", "standard", STANDARD + "#\n", ann, 2, note="try")
    with clock.at(datetime(2026, 11, 24, 3, tzinfo=UTC)):
        lines = call.invoke(command, ["versions", "list", "standard"]).output.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["#3", "draft"], ["#2", "released"], ["#1", "released"]]
    assert lines[0].endswith("\ttry")
    assert lines[1].endswith(f"自 from {after(3)}")
    assert lines[2].endswith("生效 in force")


def test_the_command_shows_a_version_and_compares_two(released, ann):
    call = CliRunner()
    released(STANDARD, DAY)
    drafting.save("strategy", "standard", LATER, ann, 1, 1, "the golden week is shorter")
    shown = call.invoke(command, ["versions", "show", "standard", "2"]).output
    assert f"{ID}#2" in shown and "[1..6]" in shown and shown.endswith("save\tann\t\tthe golden week is shorter\n")
    assert call.invoke(command, ["versions", "show", "standard", "1", "--text"]).output == STANDARD
    compared = call.invoke(command, ["versions", "diff", "standard#1", "standard#2"])
    assert compared.exit_code == 1
    lines = compared.output.splitlines()
    at = lines.index("~ stage/golden   名单与进程 · List and stage")
    assert lines[at + 1] == ("    dpd: [1..7] → [1..6]   逾期天数：1–7天 → 1–6天 · days past due: 1–7 days → 1–6 days")
    same = call.invoke(command, ["versions", "diff", "standard#1", "standard"])
    assert same.exit_code == 0 and "nothing differs" in same.output
    assert f"{ID}#2 sha256" in call.invoke(command, ["check", "standard#2"]).output
    with pytest.raises(ShouyueError, match="REL-002"):
        call.invoke(command, ["check", "standard#9"], catch_exceptions=False)


def test_a_trial_takes_versions_by_number_and_what_was_in_force_by_name(lender, reps, released, ann):
    lender.loan("L1", after(-7))
    released(STANDARD, DAY)
    drafting.save("strategy", "standard", LATER, ann, 1)
    given = ["simulate", "standard#2", "--book", str(lender.book()), "--as-of", DAY.isoformat()]
    tried = CliRunner().invoke(command, given)
    assert f"{ID}#1 → {ID}#2" in tried.output and "stage/golden" in tried.output, tried.output
