"""What is worked out beside the caller comes in order, tells its failures, and ends when the caller does."""

from __future__ import annotations

import threading

import pytest

from shouyue.daily.staging import AHEAD, ahead


def made(count: int, seen: list[int]):
    for n in range(count):
        seen.append(n)
        yield n


def test_parts_come_in_order_work_by_work_and_few_wait():
    seen: list[int] = []
    with ahead(made(50, seen), (), made(3, seen)) as (first, nothing, second):
        for n in range(50):
            assert next(first) == n
            assert len(seen) <= n + AHEAD + 2
        assert (list(first), list(nothing), list(second)) == ([], [], [0, 1, 2])


def test_a_failure_is_raised_where_the_part_would_have_been():
    def failing():
        yield 1
        raise ValueError("of the lender's file")

    with ahead(failing(), [2]) as (first, _), pytest.raises(ValueError, match="file"):
        assert next(first) == 1
        next(first)


def test_the_work_ends_when_the_caller_fails():
    seen: list[int] = []
    with pytest.raises(KeyError), ahead(made(10**9, seen)) as (parts,):
        next(parts)
        raise KeyError
    assert len(seen) <= AHEAD + 5
    assert not any(thread.name == "ahead" for thread in threading.enumerate())
