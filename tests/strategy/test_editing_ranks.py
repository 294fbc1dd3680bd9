"""Ranks changed one at a time: the text holds what the same changes make of a plain list, and all else stays."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouyue.base.errors import ShouyueError
from shouyue.strategy import editing_columns, editing_ranks, exchange, load, read
from shouyue.strategy.cells import show_value
from shouyue.strategy.model import Table

TEXT = load("standard").text
RANKED = editing_columns.set_hit(TEXT, "work", "priority")


def table(text: str) -> Table:
    return next(t for t in read(text).tables if t.id == "work")


def raw(text: str) -> dict[str, Any]:
    return next(t for t in tomllib.loads(text)["table"] if t["id"] == "work")


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_changes_of_ranks_are_those_of_a_plain_list(data):
    text, want = RANKED, {}
    for _ in range(data.draw(st.integers(1, 6))):
        ranked = data.draw(st.sampled_from(editing_ranks.ranked(table(text))))
        id_, type_ = ranked.column.name.id, ranked.column.name.type
        order = want.setdefault(id_, [])
        assert list(ranked.order) == order and not set(order) & set(ranked.others)
        match data.draw(st.sampled_from(["in", "all", "out", "move"])):
            case "in" if ranked.others:
                value = data.draw(st.sampled_from(ranked.others))
                text = editing_ranks.put_in(text, table(text), id_, show_value(value, type_))
                order.append(value)
            case "all":
                given_by_rows = editing_ranks.used(table(text), ranked.column)
                text = editing_ranks.put_in(text, table(text), id_, "")
                order += [v for v in ranked.others if v in given_by_rows]
            case "out" if order:
                value = data.draw(st.sampled_from(order))
                text = editing_ranks.take_out(text, table(text), id_, show_value(value, type_))
                order.remove(value)
            case "move" if order:
                at, by = data.draw(st.integers(0, len(order) - 1)), data.draw(st.integers(-2, 2))
                text = editing_ranks.move(text, table(text), id_, show_value(order[at], type_), by)
                order.insert(max(0, min(len(order) - 1, at + by)), order.pop(at))
    assert raw(text).get("ranks", {}) == {id_: order for id_, order in want.items() if order}
    assert {k: v for k, v in raw(text).items() if k != "ranks"} == raw(RANKED)
    assert [x for x in text.splitlines() if not x.startswith("ranks = ")] == RANKED.splitlines()


def test_a_table_ranked_from_nothing_decides_and_goes_out_and_comes_back():
    assert "STRAT-050" not in {f.code for f in read(TEXT).faults}
    assert read(RANKED).faults, "ranks are missing"
    text = editing_ranks.put_in(RANKED, table(RANKED), "treatment", "")
    assert not read(text).faults
    best = table(text).ranks["treatment"][0]
    assert table(text).ranked()[0].results[[c.name.id for c in table(text).outputs].index("treatment")].value == best
    for form in ("xlsx", "dmn"):
        assert exchange.taken(exchange.written(read(text), form), f"s.{form}")[0] == text
    back = editing_columns.set_hit(text, "work", "first")
    assert editing_columns.set_hit(back, "work", "priority") == text, "ranks stay for who comes back to them"


@pytest.mark.parametrize("change", [editing_ranks.put_in, editing_ranks.take_out])
def test_a_value_that_is_not_there_is_refused(change):
    text = editing_ranks.put_in(RANKED, table(RANKED), "treatment", "wait")
    with pytest.raises(ShouyueError, match="STRAT-123"):
        change(text, table(text), "treatment", "sing")
    with pytest.raises(ShouyueError, match="STRAT-112"):
        change(text, table(text), "weather", "wait")


def test_what_cannot_be_read_among_the_ranks_stays():
    text = RANKED.replace('hit = "priority"', 'hit = "priority"\nranks = { "处理方式" = ["sing", "wait", "care"] }')
    text = editing_ranks.move(text, table(text), "treatment", "care", -1)
    assert raw(text)["ranks"] == {"处理方式": ["sing", "care", "wait"]}


def test_the_shipped_tables_stand_as_the_editor_writes_them():
    for id_ in ("segment", "stage", "work", "reason"):
        first = editing_columns.set_hit(TEXT, id_, "rule order")
        sheet = next(t for t in tomllib.loads(TEXT)["table"] if t["id"] == id_)
        column = sheet["rows"].split("|")[1].split("(")[0].strip()
        moved = editing_columns.move_column(first, editing_columns.At(id_, 1, column), 0)
        assert moved == first
