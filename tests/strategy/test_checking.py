"""What a check finds before a strategy is used."""

from itertools import product

import pytest
from hypothesis import given, settings

from shouyue.strategy import check, read, reference
from shouyue.strategy.proof import Grid
from shouyue.strategy.regions import regions

from .made import REASON, SEGMENT, WORK, strategy_text, tables


def found(text: str) -> list[tuple[str, str, int | None, str]]:
    return [(f.code, f.place.table, f.place.row, f.place.column) for f in check(read(text)) if f.severity != "note"]


def table(rows: str, hit: str = "first", more: str = "") -> str:
    """A strategy whose work table has these rows over dpd and promise."""
    heading = "row | dpd | promise => phase | stage | treatment | band | best_time | minutes"
    result = "=> collection | late | collect | 50 | - | 5"
    lines = "\n".join(f"{line} {result}" for line in rows.strip().splitlines())
    work = f"[[table]]\nid = \"work\"\nhit = \"{hit}\"\n{more}\nrows = '''\n{heading}\n{lines}\n'''\n"
    return strategy_text(SEGMENT, work, REASON)


def test_a_whole_table_has_nothing_found():
    assert found(strategy_text()) == []


def test_a_gap_is_found_and_named():
    findings = check(read(table("a | [0..7] | -\nb | > 8 | not(open)\nc | > 10 | open")))
    gap = next(f for f in findings if f.code == "STRAT-050")
    assert gap.severity == "warning"
    assert gap.place.table == "work"
    assert "days past due: 8 days" in gap.en


def test_a_gap_that_is_meant_is_no_finding():
    assert found(table("a | [0..7] | -", more="gaps = true")) == []


def test_days_next_to_each_other_leave_no_gap():
    assert found(table("a | [0..7] | -\nb | [8..30] | -\nc | > 30 | -")) == []


def test_an_overlap_in_a_unique_table_is_found():
    text = table("a | [0..7] | -\nb | >= 7 | open\nc | >= 8 | not(open)", hit="unique")
    assert found(text) == [("STRAT-051", "work", 2, "")]
    overlap = next(f for f in check(read(text)) if f.code == "STRAT-051")
    assert "both apply: days past due: 7 days; state of the newest promise: open" in overlap.en


def test_overlaps_of_a_first_table_are_no_finding():
    assert found(table("a | [0..7] | -\nb | - | -")) == []


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        ("a | - | -\nb | 3 | -", 2, ""),
        ("a | [0..5] | -\nb | > 5 | open\nc | - | not(open)\nd | - | -", 4, ""),
        ("a | < 0 | -\nb | - | -", 1, "dpd"),
        ("a | - | null\nb | - | -", 1, "promise"),
    ],
)
def test_a_row_that_can_never_fire_is_found(rows, row, column):
    assert found(table(rows)) == [("STRAT-052", "work", row, column)]


def test_an_earlier_table_that_never_gives_a_value_makes_a_row_dead():
    rows = "[[table]]\nid = \"extra\"\nhit = \"collect\"\nrows = '''\nrow | phase => hold\na | reminder => yes\n'''\n"
    text = strategy_text(SEGMENT, WORK, rows.replace('"collect"', '"collect"\ngather = "max"'), REASON)
    assert found(text) == [("STRAT-052", "extra", 1, "phase")]


def test_threats_and_penalties_as_a_way_out_are_refused():
    text = strategy_text().replace("逾期{dpd}，欠 {overdue}", "逾期{dpd}，后果自负")
    assert [c for c, *_ in found(text)] == ["STRAT-080"]


def test_what_is_never_used_is_noted():
    text = strategy_text().replace("[stages]", '[stages]\nspare = { zh = "备", en = "spare" }')
    assert [(f.code, f.severity, f.place.row_id) for f in check(read(text))] == [("STRAT-043", "note", "spare")]


def test_others_may_add_checks_of_their_own():
    strategy = read(strategy_text().replace("< 20.00", "< 30.00"))
    mine = check(strategy)[0]
    assert check(read(strategy_text()), also=[lambda _: [mine]]) == [mine]


@settings(max_examples=200, deadline=None)
@given(tables(hits=("first", "priority"), most=5))
def test_gaps_and_dead_rows_are_exactly_those_of_trying_every_value(table):
    columns = [
        [r.sample for r in regions(c.name.type, [row.cells[i] for row in table.rows])]
        for i, c in enumerate(table.inputs)
    ]
    fired, gap = set(), False
    for point in product(*columns):
        rows, _ = reference.apply(table, {c.name.id: v for c, v in zip(table.inputs, point, strict=True)})
        fired |= {r.id for r in rows}
        gap |= not rows
    grid = Grid(table, {})
    assert (grid.gap() is not None) == gap
    assert {r.id for r in table.rows if grid.dead(r) is None} == fired


PRIORITY = """
[[table]]
id = "work"
hit = "priority"
MORE
rows = '''
row | dpd  | promise => phase      | stage | treatment | band | best_time   | minutes
a   | > 0  | -       => collection | late  | collect   | 50   | 13:00-15:00 | 5
b   | > 10 | open    => collection | late  | wait      | 0    | -           | 0
c   | > 20 | open    => collection | late  | collect   | 60   | 13:00-15:00 | 5
'''
"""


def priority(more: str) -> str:
    text = strategy_text(SEGMENT, PRIORITY.replace("MORE", more), REASON)
    return text.replace("[treatments]", '[treatments]\nwait = { zh = "等待", en = "wait" }')


def test_a_priority_table_needs_its_ranks():
    assert found(priority("gaps = true"))[0] == ("STRAT-056", "work", None, "")
    assert found(priority('gaps = true\nranks = { treatment = ["wait"] }')) == [
        ("STRAT-057", "work", 1, "treatment"),
        ("STRAT-057", "work", 3, "treatment"),
    ]
    assert ("STRAT-020", "work", None, "treatmint") in found(priority('ranks = { treatmint = ["wait"] }'))
    assert ("STRAT-006", "work", None, "treatment") in found(priority('ranks = { treatment = "wait" }'))


def test_a_row_outranked_everywhere_never_fires():
    findings = check(read(priority('gaps = true\nranks = { treatment = ["wait", "collect"] }')))
    assert [(f.code, f.place.row_id) for f in findings] == [("STRAT-052", "c")]
    assert "rows of higher rank cover all of it: 2 b, 1 a" in findings[0].en


def test_a_default_closes_gaps_and_is_noted_where_it_is_never_given():
    default = 'default = { phase = "none" }\nranks = { treatment = ["collect", "wait"] }'
    assert [c for c, *_ in found(priority(default))] == ["STRAT-052", "STRAT-052"]
    whole = table("a | - | -", more='default = { phase = "none" }')
    assert [(f.code, f.severity) for f in check(read(whole))] == [("STRAT-055", "note")]
    assert ("STRAT-032", "work", None, "band") in found(table("a | - | -", more='default = { band = "x" }'))


def test_what_a_table_allows_is_all_that_must_be_covered():
    rows = "a | [0..7] | -\nb | [8..30] | -"
    assert [c for c, *_ in found(table(rows))] == ["STRAT-050"]
    assert found(table(rows, more='allowed = { dpd = "[0..30]" }')) == []
    assert found(table(rows + "\nc | > 30 | -", more='allowed = { dpd = "[0..30]" }')) == [
        ("STRAT-052", "work", 3, "dpd")
    ]


def test_rows_of_an_any_table_may_meet_where_they_agree():
    text = table("a | [0..7] | -\nb | >= 7 | -", hit="any")
    assert found(text) == []
    assert found(text.replace("collect | 50", "collect | 51", 1)) == [("STRAT-054", "work", 2, "")]


def test_a_sum_over_words_is_refused():
    text = table("a | - | -", hit="collect", more='gather = "sum"')
    assert [(c, column) for c, _, _, column in found(text)] == [
        ("STRAT-058", n) for n in ("phase", "stage", "treatment", "best_time")
    ]


@settings(max_examples=200, deadline=None)
@given(tables(hits=("unique",), most=4))
def test_overlaps_are_exactly_those_of_trying_every_value(table):
    columns = [
        [r.sample for r in regions(c.name.type, [row.cells[i] for row in table.rows])]
        for i, c in enumerate(table.inputs)
    ]
    met = set()
    for point in product(*columns):
        rows = reference.firing(table, {c.name.id: v for c, v in zip(table.inputs, point, strict=True)})
        met |= {(a.number, b.number) for a in rows for b in rows if a.number < b.number}
    grid = Grid(table, {})
    assert {
        (a.number, b.number)
        for a in table.rows
        for b in table.rows
        if a.number < b.number and grid.overlap(a, b) is not None
    } == met


def test_a_row_that_overlaps_several_is_one_finding_that_names_them():
    rows = "\n".join(f"r{n} | [{n}..{n + 5}] | -" for n in range(12))
    overlaps = [f for f in check(read(table(f"{rows}\nrest | - | -", hit="unique"))) if f.code == "STRAT-051"]
    assert [f.place.row for f in overlaps] == list(range(2, 14))
    last = overlaps[-1]
    assert "overlaps row 1 'r0'" in last.en and len(last.cases_en) == 7 and last.cases_en[-1] == "5 more rows"
    assert last.cases_zh[0] == "第 2 行“r1”：逾期天数：1–6天"
