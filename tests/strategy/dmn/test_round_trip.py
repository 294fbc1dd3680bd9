"""A strategy goes out as DMN and comes back equal; what was changed there, and only that, is new."""

import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from shouyue.strategy import StrategyError, check, load, read
from shouyue.strategy.dmn.model import MODEL
from shouyue.strategy.dmn.reading import read as read_model
from shouyue.strategy.dmn.running import run
from shouyue.strategy.dmn.structure import violations
from shouyue.strategy.dmn.taking import taken
from shouyue.strategy.dmn.writing import write

from ..made import REASON, SEGMENT, strategy_text
from .models import data, decision, dmn, table

STANDARD = load("standard")
RICH_WORK = """
[[table]]
id = "work"
zh = "做法"
en = "Work"
hit = "priority"
gaps = true
ranks = { treatment = ["wait", "collect"] }
allowed = { dpd = "[0..999]", product = '"phone", "bike", null' }
default = { phase = "none", minutes = 0 }
rows = '''
# the heading
row   | dpd (days) | product           | next_due_on   | vulnerable => phase      | stage | treatment | band | minutes
# first of all
held  | > 30, 0    | null, not("bike") | >= 2026-11-24 | no         => collection | late  | wait      | 0    | 0  # 等待
late  | >= week    | not("\\"y\\" | z")  | -             | -          => collection | late  | collect   | 50   | 5
other | != 7       | -                 | null          | not(yes)   => -          | -     | collect   | -    | -
# and no more
'''
"""
REST = """
[[table]]
id = "rest"
hit = "collect"
gather = "max"
rows = '''
row | phase      => hold
a   | collection => no
b   | none, null => yes
'''
[[table]]
id = "time"
hit = "first"
rows = '''
row | phase => best_time
a   | -     => 13:00-15:00
'''
"""
RICH = strategy_text(
    SEGMENT.replace('hit = "first"', 'hit = "any"'),
    RICH_WORK,
    REST,
    REASON,
    head='[values]\nweek = { is = 7, like = "dpd" }\n',
).replace("[treatments]", '[treatments]\nwait = { zh = "等", en = "wait" }')


def edited(data: bytes, *changes: tuple[str, str]) -> bytes:
    """The file with changes below the kept text."""
    at = data.index(b"</extensionElements>")
    text = data[at:].decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return data[:at] + text.encode()


@pytest.mark.parametrize("text", [STANDARD.text, strategy_text(), RICH], ids=["standard", "made", "rich"])
def test_a_strategy_comes_back_equal(text):
    strategy = read(text)
    assert strategy.faults == ()
    assert taken(write(strategy), "x.dmn") == (strategy.text, ())


def test_writing_twice_gives_the_same_bytes():
    assert write(STANDARD) == write(load("standard"))


@pytest.mark.parametrize("text", [STANDARD.text, RICH], ids=["standard", "rich"])
def test_without_the_kept_text_the_tables_are_the_same(text):
    strategy = read(text)
    bare = re.sub(rb"<extensionElements>.*?</extensionElements>", b"", write(strategy), flags=re.DOTALL)
    again = read(taken(bare, "x.dmn")[0])
    assert [f for f in check(again) if f.severity == "error"] == []
    for one, other in zip(strategy.tables, again.tables, strict=True):
        assert [(r.id, r.results, r.remark) for r in one.rows] == [(r.id, r.results, r.remark) for r in other.rows]
        assert [c.name.id for c in one.inputs] == [c.name.id for c in other.inputs]
        assert (one.id, one.hit, one.gather, one.gaps, one.default) == (
            *(other.id, other.hit, other.gather, other.gaps, other.default),
        )
        assert dict(one.ranks) == dict(other.ranks)


def test_a_change_made_in_dmn_is_the_only_change_in_the_text():
    text, _ = taken(edited(write(STANDARD), ("[1..7]", "[1..5]"), ("[8..30]", "[6..30]")), "x.dmn")
    lines = [(a, b) for a, b in zip(STANDARD.text.splitlines(), text.splitlines(), strict=True) if a != b]
    assert [a.split(" ")[0] for a, _ in lines] == ["golden", "M1"]
    assert "| [1..5]     |" in lines[0][1]
    assert lines[0][1].endswith("# 黄金周优先 the golden week comes first")


def test_a_changed_number_a_new_rule_and_comments():
    rule = '<rule label="new"><inputEntry><text>5</text></inputEntry>' + "<inputEntry><text>-</text></inputEntry>" * 3
    rule += '<outputEntry><text>"collection"</text></outputEntry><outputEntry><text>null</text></outputEntry>'
    rule += '<outputEntry><text>"wait"</text></outputEntry>' + "<outputEntry><text>null</text></outputEntry>" * 2
    rule += "<annotationEntry><text>why not</text></annotationEntry></rule>"
    changes = ("<text>7</text>", "<text>14</text>"), ('<rule id="rule_work_late"', f'{rule}<rule id="rule_work_late"')
    text, _ = taken(edited(write(read(RICH)), *changes), "x.dmn")
    again = read(text)
    assert [r.id for r in again.table("work").rows] == ["held", "new", "late", "other"]
    assert again.values["week"][1] == 14
    assert "# first of all\nheld" in text
    assert "# and no more\n" in text
    assert again.table("work").rows[1].remark == "why not"


def test_a_damaged_kept_text_is_refused():
    with pytest.raises(StrategyError, match="DMN-041"):
        taken(write(STANDARD).replace("逾期第一周".encode(), b"x", 1), "x.dmn")


def test_what_is_written_keeps_to_the_published_structure():
    for strategy in (STANDARD, read(RICH)):
        root = ET.fromstring(write(strategy))
        root[:] = [e for e in root if e.tag.startswith(f"{{{MODEL}}}")]
        assert violations(root) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("</rule>", "</rule><annotation/>"), "decisionTable has children"),
        (('hitPolicy="FIRST"', 'hitPolicy="BEST"'), "hitPolicy is BEST"),
        (('name="dpd" label', "label"), "inputData has no attribute name"),
        (('href="#input_dpd"', 'href="#x"'), "href #x names nothing"),
        (('id="rule_stage_M1"', 'id="rule_stage_golden"'), "id rule_stage_golden"),
    ],
)
def test_a_departure_from_the_structure_is_seen(change, says):
    text = write(STANDARD).decode()
    assert change[0] in text
    root = ET.fromstring(text.replace(*change, 1))
    assert any(says in v for v in violations(root))


def test_the_written_model_decides_as_the_strategy_does():
    model = read_model(write(STANDARD), "x.dmn")
    known = {"dpd": Decimal(3), "overdue": Decimal(1500), "promise": "none", "broken_promises": Decimal(0)}
    yes_no = ("paused", "dispute", "vulnerable", "hardship", "lost_contact", "recovered_after_25th")
    given = run(model, [{**known, **dict.fromkeys(yes_no, False), "late_of_six": Decimal(4)}])[0]
    assert given["stage"] == {"phase": "collection", "stage": "golden"}
    assert given["work"]["treatment"] == "collect"
    assert given["because"] == ["late", "golden", "habit"]


def test_a_strangers_table_becomes_a_draft_whose_check_names_what_is_missing():
    logic = table("dpd:number|Risk Class:string", "treatment:string|band:number", '> 3.5 | "high" => "visit now" | 7')
    file = dmn(data("dpd"), decision("Work", logic))
    with pytest.raises(StrategyError, match=r"DMN-005.*no information requirement"):
        taken(file, "x.dmn")
    text, _ = taken(dmn(decision("Work", logic)), "x.dmn")
    found = [(f.code, f.place.column) for f in check(read(text)) if f.place.table == "Work"]
    assert found == [("STRAT-020", "Risk Class"), ("STRAT-032", "dpd")]
    assert '"visit now" = { zh = "visit now", en = "visit now" }' in text


def test_what_dmn_cannot_hold_is_refused_by_table_and_row():
    bad = strategy_text().replace("| > 0        | < 20.00", "| != 3, > 9  | < 20.00")
    with pytest.raises(StrategyError, match=r"DMN-040.*work.*small.*dpd"):
        write(read(bad))
    work = "[[table]]\nid='w'\nhit='first'\nrows='''\nrow | dpd => phase | stage | treatment | best_time\n"
    work += "a | - => collection | late | collect | -\n'''\n"
    two = (
        "[[table]]\nid='two'\nhit='collect'\ngather='max'\nrows='''\nrow | dpd => band | minutes\na | - => 1 | 2\n'''\n"
    )
    strategy = read(strategy_text(SEGMENT, work, two, REASON))
    assert strategy.faults == ()
    with pytest.raises(StrategyError, match=r"DMN-040.*two"):
        write(strategy)
