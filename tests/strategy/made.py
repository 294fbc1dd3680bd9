"""Tables and strategies made up for tests, by hand and by Hypothesis."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from shouyue.strategy.cells import ANY, Between, Cell, Compare, Literal, Null, Type
from shouyue.strategy.model import Column, Name, Row, Table

TYPES = {
    "days": Type("int", unit="days", low=0, high=9),
    "shift": Type("int", unit="days", nullable=True),
    "owed": Type("money", unit="CNY", low=0),
    "born": Type("date", nullable=True),
    "sure": Type("bool", nullable=True),
    "state": Type("choice", choices=("open", "kept", "broken"), nullable=True),
    "town": Type("text", nullable=True),
    "rate": Type("number", nullable=True),
}
NAMES = {id_: Name(id_, type_, column=id_) for id_, type_ in TYPES.items()}
WORDS = ("", "a", "b", 'a "b"', "甲|乙", "x => y # z", "back\\slash")


def values(type_: Type) -> st.SearchStrategy:
    """Values a column of the type may hold, few enough to meet conditions often."""
    low = -6 if type_.low is None else type_.low
    match type_.kind:
        case "int":
            return st.integers(low, 9)
        case "money":
            return st.integers(low, 9).map(lambda n: n * 50)
        case "number":
            return st.integers(-4, 4).map(lambda n: Decimal(n) / 2)
        case "date":
            return st.integers(0, 9).map(lambda n: date(2026, 2, 25) + timedelta(days=n))
        case "bool":
            return st.booleans()
        case "choice":
            return st.sampled_from(type_.choices)
    return st.sampled_from(WORDS)


@st.composite
def cells(draw, type_: Type) -> Cell:
    tests = draw(st.lists(_tests(type_), max_size=3))
    negated, or_missing = draw(st.sampled_from(((False, False), (False, False), (True, False), (True, True))))
    return Cell(tuple(tests), negated, or_missing) if tests else ANY


@st.composite
def _tests(draw, type_: Type):
    form = draw(st.sampled_from(("equal", "equal", "null", "compare", "between")))
    one = Literal(draw(values(type_)))
    if form == "null":
        return Null()
    if form == "equal" or not type_.ordered:
        return Compare(draw(st.sampled_from(("=", "!="))), one)
    if form == "compare":
        return Compare(draw(st.sampled_from(("<", "<=", ">", ">="))), one)
    low, high = sorted((one.value, draw(values(type_))))
    ends = (True, True) if low == high else (draw(st.booleans()), draw(st.booleans()))
    if not all(ends) and type_.kind in ("int", "money") and high - low < 2:
        ends = (True, True)
    return Between(Literal(low), Literal(high), *ends)


OUTPUTS = {
    "answer": Type("text", nullable=True),
    "points": Type("int", nullable=True),
}


#: answers that are worked out, or listed, from every row that applies
SINGLE = ("first", "unique", "any", "priority")
GATHERED = ("collect sum", "collect min", "collect max", "collect count")
LISTED = ("collect join", "rule order", "output order")


@st.composite
def tables(draw, hits=(*SINGLE, *GATHERED, *LISTED), id_="t", inputs=NAMES, most=6) -> Table:
    """A table over some of the inputs, with up to ``most`` rows."""
    asked = draw(st.lists(st.sampled_from(sorted(inputs)), min_size=1, max_size=3, unique=True))
    columns = tuple(Column(inputs[n]) for n in asked)
    hit, gather = draw(st.sampled_from(hits)), "join"
    if hit.startswith("collect"):
        hit, gather = hit.split()
    given = {"points": OUTPUTS["points"]} if gather != "join" else OUTPUTS
    outputs = tuple(Column(Name(f"{id_}_{n}", t, table=id_)) for n, t in given.items())
    results = st.tuples(*(st.none() | values(c.name.type).map(Literal) for c in outputs))
    rows = tuple(
        Row(number, f"r{number}", None, tuple(draw(cells(c.name.type)) for c in columns), draw(results))
        for number in range(1, draw(st.integers(1, most)) + 1)
    )
    ranked = draw(st.lists(values(OUTPUTS["points"]), min_size=1, max_size=9, unique=True).map(tuple))
    return Table(
        id_,
        hit,
        columns,
        outputs,
        rows,
        gather=gather,
        default=draw(st.none() | results),
        ranks={f"{id_}_points": ranked} if hit in ("priority", "output order") else {},
    )


@st.composite
def loans(draw, inputs=NAMES) -> dict[str, object]:
    """What is known of a loan: a value, or nothing where it may be missing, for each input."""
    return {
        id_: draw(st.none() | values(n.type)) if n.type.nullable else draw(values(n.type)) for id_, n in inputs.items()
    }


def strategy_text(*tables_: str, head: str = "", tests: str = "") -> str:
    """A whole strategy file around some tables; by default ones that decide nothing much."""
    return f"""
name = "made"
version = "1"
currency = "CNY"
zh = "测试"
en = "Made up"
{head}
[segments]
all = {{ zh = "全部", en = "all" }}
[stages]
late = {{ zh = "逾期", en = "late" }}
[treatments]
collect = {{ zh = "催收", en = "collect" }}
[sentences]
late = {{ zh = "逾期{{dpd}}，欠 {{overdue}}", en = "{{dpd}} late, {{overdue}} overdue" }}
[order]
collection = ["dpd up", "overdue down"]
{"".join(tables_) or SEGMENT + WORK + REASON}
{tests}
"""


SEGMENT = """
[[table]]
id = "segment"
hit = "first"
rows = '''
row | dpd => segment
all | -   => all
'''
"""
WORK = """
[[table]]
id = "work"
hit = "unique"
rows = '''
row   | dpd (days) | overdue  => phase      | stage | treatment | band | best_time   | minutes
none  | 0          | -        => none       | -     | -         | -    | -           | -
small | > 0        | < 20.00  => none       | -     | -         | -    | -           | -
late  | > 0        | >= 20.00 => collection | late  | collect   | 50   | 13:00-15:00 | 5
'''
"""
REASON = """
[[table]]
id = "reason"
hit = "collect"
rows = '''
row  | phase      => because
late | collection => late
'''
"""
