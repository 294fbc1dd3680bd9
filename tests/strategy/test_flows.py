"""From row to row: the flow matrix says of every loan which row decided it before and now."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.strategy import flows, reference
from shouyue.strategy.compiling import apply
from shouyue.strategy.vocabulary import PHYSICAL

from .made import GATHERED, LISTED, TYPES, loans, tables


class Two:
    """As much of a strategy as the flows ask for."""

    def __init__(self, *tables_):
        self.tables = tables_


def evaluated(table, rows) -> pl.DataFrame:
    known = {n: pl.Series(n, [r[n] for r in rows], dtype=PHYSICAL[t.kind]) for n, t in TYPES.items()}
    ids = [f"{n:03}" for n in range(len(rows))]
    frame = pl.DataFrame({"loan_id": ids, "customer_id": ids, **known})
    return apply(frame.lazy(), table).collect()


def fired(table, row) -> list[str]:
    return [r.id for r in reference.apply(table, row)[0]]


@settings(max_examples=80, deadline=None)
@given(tables(hits=("first", "priority")), tables(hits=("first",)), st.lists(loans(), min_size=1, max_size=40))
def test_every_loan_is_in_one_cell_of_the_matrix(base, candidate, rows):
    whole = flows.fired(Two(base), evaluated(base, rows), Two(candidate), evaluated(candidate, rows))  # type: ignore[arg-type]
    want = Counter(("".join(fired(base, r)), "".join(fired(candidate, r))) for r in rows)
    got = {(was, now): n for _, was, now, n in flows.flows(whole).iter_rows()}
    assert got == dict(want)
    assert sum(got.values()) == len(rows)


@settings(max_examples=60, deadline=None)
@given(tables(hits=(*GATHERED, *LISTED)), tables(hits=(*GATHERED, *LISTED)), st.lists(loans(), min_size=1, max_size=30))
def test_of_a_table_that_collects_every_row_is_counted_by_itself(base, candidate, rows):
    whole = flows.fired(Two(base), evaluated(base, rows), Two(candidate), evaluated(candidate, rows))  # type: ignore[arg-type]
    want: Counter = Counter()
    for row in rows:
        before, after = fired(base, row), fired(candidate, row)
        for id_ in {*before, *after}:
            want[(id_ if id_ in before else "", id_ if id_ in after else "")] += 1
    assert {(was, now): n for _, was, now, n in flows.flows(whole).iter_rows()} == dict(want)


@settings(max_examples=30, deadline=None)
@given(tables(hits=("first",)), st.lists(loans(), min_size=2, max_size=30), st.integers(1, 29))
def test_parts_of_a_book_add_up(table, rows, cut):
    def counted(some):
        return flows.flows(flows.fired(Two(table), evaluated(table, some), Two(), evaluated(table, some)))  # type: ignore[arg-type]

    parts = [counted(part) for part in (rows[:cut], rows[cut:]) if part]
    assert flows.merged(parts).equals(flows.merged([counted(rows)]))
    assert set(flows.merged(parts)["now"]) == {""}  # the other version does not have the table
