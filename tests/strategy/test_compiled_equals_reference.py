"""The compiled columns give what the slow row-by-row reading of the tables gives."""

from functools import reduce

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.strategy import compiling, reference
from shouyue.strategy.faults import StrategyError
from shouyue.strategy.model import Name, Table
from shouyue.strategy.vocabulary import PHYSICAL

from .made import GATHERED, LISTED, NAMES, OUTPUTS, TYPES, loans, tables


def frame_of(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame({n: pl.Series(n, [r[n] for r in rows], dtype=PHYSICAL[t.kind]) for n, t in TYPES.items()})


def lists(table: Table, got: pl.DataFrame) -> list[dict[str, list]]:
    """A table of lists, loan by loan."""
    given = compiling.answers(table)
    met = got.select(condition.alias(f"{at}") for at, (condition, _) in enumerate(given)).rows()
    columns = {c.name.id: [r[i].value if r[i] else None for _, r in given] for i, c in enumerate(table.outputs)}
    return [{n: [v for v, m in zip(vs, row, strict=True) if m] for n, vs in columns.items()} for row in met]


@settings(max_examples=250, deadline=None)
@given(tables(hits=("first", "priority", *GATHERED, *LISTED)), st.lists(loans(), min_size=1, max_size=40))
def test_one_table(table, rows):
    got = compiling.apply(frame_of(rows).lazy(), table).collect()
    listed = lists(table, got) if table.lists else []
    for at, row in enumerate(rows):
        fired, outputs = reference.apply(table, row)
        assert (listed[at] if table.lists else {n: got[f"={n}"][at] for n in outputs}) == outputs
        if table.lists or table.aggregates:
            assert [got[h][at] for h in compiling.hits(table)] == [r in fired for r in table.rows]
        else:
            place = got[compiling.fired(table)][at]
            assert ([] if place is None else [table.rows[place]]) == fired


@settings(max_examples=150, deadline=None)
@given(tables(hits=("unique", "any"), most=3), st.lists(loans(), min_size=1, max_size=20))
def test_a_table_of_one_answer_answers_alike_or_refuses_alike(table, rows):
    try:
        want = [reference.apply(table, row)[1] for row in rows]
    except StrategyError as refused:
        assert refused.code == ("STRAT-061" if table.hit == "unique" else "STRAT-062")
        got = compiling.apply(frame_of(rows).lazy(), table).collect()
        with pytest.raises(StrategyError, match=refused.code):
            compiling.guard(got, [table])
        return
    got = compiling.apply(frame_of(rows).lazy(), table).collect()
    compiling.guard(got, [table])
    assert [{n: got[f"={n}"][at] for n in want[0]} for at in range(len(rows))] == want


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(loans(), min_size=1, max_size=20))
def test_a_later_table_sees_what_an_earlier_one_gave(data, rows):
    first = data.draw(tables(hits=("first",), id_="a"))
    given_ = {f"a_{n}": Name(f"a_{n}", t, table="a") for n, t in OUTPUTS.items()}
    second = data.draw(tables(hits=("first",), id_="b", inputs={**NAMES, **given_}))
    got = reduce(compiling.apply, (first, second), frame_of(rows).lazy()).collect()
    for at, row in enumerate(rows):
        known = reference.run((first, second), row)
        assert {n: got[f"={n}"][at] for n in ("b_answer", "b_points")} == {
            n: known[n] for n in ("b_answer", "b_points")
        }
