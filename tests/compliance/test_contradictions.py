"""What a strategy asks for and the rule pack never allows is found before the strategy is used."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from shouyue.book.schema import CONTACTS
from shouyue.cli.strategy import strategy as command
from shouyue.compliance import pack
from shouyue.compliance.contradictions import against
from shouyue.strategy import check, load, read
from shouyue.strategy.vocabulary import vocabulary

from ..strategy.made import REASON, SEGMENT, strategy_text

DAY = date(2026, 11, 24)
HOUSE = {
    "id": "acme",
    "version": "1",
    "base": "cn",
    "documents": {"own": {"zh": "本机构办法", "en": "our policy"}},
    "rule": [
        {
            "id": "acme-hours",
            "tightens": "quiet-hours",
            "value": [
                {"valid_from": date(2027, 1, 1), "source": [{"document": "own"}], "from": "20:00", "to": "09:00"}
            ],
        },
        {
            "id": "no-visits",
            "kind": "never",
            "evidence": "house",
            "channels": ["visit"],
            "purposes": ["reminder"],
            "zh": "提醒不上门",
            "en": "no visits for a reminder",
            "value": [{"valid_from": date(2026, 1, 1), "source": [{"document": "own"}]}],
        },
        {
            "id": "softly",
            "kind": "never",
            "severity": "warn",
            "evidence": "house",
            "channels": ["chat"],
            "zh": "少用聊天",
            "en": "rather no chat",
            "value": [{"valid_from": date(2026, 1, 1), "source": [{"document": "own"}]}],
        },
    ],
}


def rows(heading: str, *lines: str, head: str = "") -> str:
    """A strategy whose work table has these columns after the phase, the row's own."""
    conditions, _, results = heading.partition("=>")
    others = [n for n in ("stage", "treatment", "band", "best_time", "minutes") if n not in results]
    names = f"row | dpd {conditions.strip()} => {results.strip()} | {' | '.join(others)}"
    text = "\n".join(f"{line} | {' | '.join('-' for _ in others)}" for line in lines)
    work = f"[[table]]\nid = 'work'\nhit = 'first'\ngaps = true\nrows = '''\n{names}\n{text}\n'''\n"
    return strategy_text(SEGMENT, work, REASON, head=head)


def found(text: str, name: str = "cn", house: dict | None = None, day: date = DAY) -> list[tuple[str, str, str, str]]:
    strategy = read(text)
    assert strategy.faults == ()
    with_pack = pack.build(pack.whole(pack.read(pack.FOLDER / f"{name}.toml")), house)
    findings = [f for f in check(strategy, also=[against(with_pack, day)]) if f.code.startswith("LAW")]
    assert all(f.do_zh and f.do_en and f.place.table == "work" for f in findings)
    return [(f.code, f.severity, f.place.row_id, f.place.column) for f in findings]


@pytest.mark.parametrize("name", ["cn", "us-reg-f", "in-rbi"])
def test_the_standard_strategy_contradicts_no_shipped_pack(name):
    with_pack = pack.load(name)
    assert not [f for f in check(load("standard"), also=[against(with_pack, DAY)]) if f.severity != "note"]


@pytest.mark.parametrize(
    ("span", "name", "bad"),
    [
        ("13:00-15:00", "cn", False),
        ("08:00-22:00", "cn", False),
        ("07:59-09:00", "cn", True),
        ("21:00-22:01", "cn", True),
        ("22:30-23:00", "cn", True),
        ("06:00-07:00", "cn", True),
        ("18:30-19:30", "in-rbi", True),
        ("18:30-19:00", "in-rbi", False),
        ("21:00-21:30", "us-reg-f", True),
    ],
)
def test_a_best_time_inside_quiet_hours(span, name, bad):
    text = rows("=> phase | best_time", f"a | > 0 => collection | {span}")
    assert found(text, name) == ([("LAW-001", "error", "a", "best_time")] if bad else [])


def test_a_house_rule_counts_from_the_day_it_is_valid_and_before_it_comes():
    text = rows("=> phase | best_time", "a | > 0 => collection | 20:00-21:00")
    assert found(text, house=HOUSE) == [("LAW-001", "error", "a", "best_time")]
    until = rows("=> phase | best_time", "a | > 0 => collection | 20:00-21:00", head="valid_to = 2026-12-31")
    assert found(until, house=HOUSE) == []


def test_who_is_held_or_has_no_work_is_contacted_by_nobody():
    text = rows(
        "=> phase | best_time | hold | attempts",
        "a | > 9 => collection | 06:00-07:00 | yes | 9",
        "b | > 5 => none       | 06:00-07:00 | no  | 9",
    )
    assert found(text) == []


def test_a_channel_and_purpose_that_is_never_allowed():
    text = rows(
        "=> phase | channel",
        "a | > 9 => collection | visit",
        "b | > 5 => reminder   | visit",
        "c | > 3 => reminder   | chat",
    )
    assert found(text, house=HOUSE) == [("LAW-002", "error", "b", "channel"), ("LAW-002", "warning", "c", "channel")]


def test_the_phase_of_a_later_table_is_what_its_condition_leaves():
    later = """[[table]]
id = "work"
hit = "first"
gaps = true
rows = '''
row | phase            => channel | stage | treatment | band | best_time | minutes
a   | collection       => visit   | -     | -         | -    | -         | -
b   | reminder         => visit   | -     | -         | -    | -         | -
c   | not(collection)  => visit   | -     | -         | -    | -         | -
'''
"""
    first = "[[table]]\nid = \"phase\"\nhit = \"first\"\nrows = '''\nrow | dpd => phase\na | - => collection\n'''\n"
    text = strategy_text(SEGMENT, first, later, REASON)
    assert [r for _, _, r, _ in found(text, house=HOUSE)] == ["b", "c"]


def test_third_persons_only_when_the_borrower_cannot_be_reached():
    text = rows(
        "| lost_contact => phase | whom",
        "a | > 9 | yes => collection | spouse",
        "b | > 9 | -   => collection | spouse",
        "c | > 9 | no  => collection | spouse",
        "d | > 9 | -   => collection | guarantor",
        "e | > 9 | -   => collection | self",
    )
    assert found(text) == [("LAW-003", "error", "b", "whom"), ("LAW-003", "error", "c", "whom")]
    assert [c for c, *_ in found(text, "in-rbi")] == ["LAW-002"] * 3


def test_a_fact_no_table_can_ask_for_is_a_warning():
    house = {
        **HOUSE,
        "rule": [{
            "id": "only-dead", "kind": "only_when", "evidence": "house", "relations": ["guarantor"],
            "zh": "仅限", "en": "only then",
            "value": [{"valid_from": DAY, "source": [{"document": "own"}], "any_of": ["borrower_dead"]}],
        }],
    }  # fmt: skip
    text = rows("=> phase | whom", "a | > 9 => collection | guarantor")
    assert found(text, house=house) == [("LAW-003", "warning", "a", "whom")]


@pytest.mark.parametrize(
    ("attempts", "name", "severity"),
    [
        (6, "cn", None),
        (7, "cn", "error"),
        (1, "us-reg-f", None),
        (2, "us-reg-f", "warning"),
        (8, "us-reg-f", "error"),
    ],
)
def test_more_attempts_a_day_than_the_pack_allows(attempts, name, severity):
    text = rows("=> phase | attempts", f"a | > 0 => collection | {attempts}")
    assert found(text, name) == ([("LAW-004", severity, "a", "attempts")] if severity else [])


def test_a_strategy_with_errors_is_not_held_against_the_pack():
    strategy = read(rows("=> phase | best_time", "a | > x => collection | 06:00-07:00"))
    assert list(against(pack.load("cn"), DAY)(strategy)) == []


def test_the_people_a_strategy_may_name_are_those_of_the_book():
    relation = next(f for f in CONTACTS.fields if f.name == "relation")
    assert vocabulary().outputs["whom"].type.choices == relation.choices


def test_the_command_tells_it(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(rows("=> phase | best_time", "a | > 0 => collection | 22:30-23:00"), "utf-8")
    done = CliRunner().invoke(command, ["check", str(path)])
    assert done.exit_code == 2
    assert "LAW-001" in done.output
    assert "best_time" in done.output
    assert "LAW-001" not in CliRunner().invoke(command, ["check", str(path), "--no-pack"]).output
