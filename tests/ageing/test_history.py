"""A loan day by day: what was true, what was seen, what changed it."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from itertools import pairwise

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shouyue.ageing.convention import Convention, load
from shouyue.ageing.history import history_of, loan_history, span_of
from shouyue.ageing.one import LoanTables
from shouyue.ageing.reference import Charge, Instalment, Loan, Pause, Payment, diary, dpd_on
from shouyue.ageing.trial import tables
from shouyue.base.errors import ShouyueError
from shouyue.book.build import build_version
from shouyue.cli.history import history
from tests.ageing.loans import BEGIN, SPAN, conventions, days, frames, loans

END = BEGIN + timedelta(days=SPAN + 20)
BOUNDED = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of(loan: Loan, start: date, end: date, known_at: date | None, convention: Convention):
    return history_of(LoanTables(**tables([loan])), start, end, known_at, convention)


@BOUNDED
@given(loans, days, st.one_of(st.none(), days), conventions())
def test_every_day_is_as_ageing_that_day_apart_and_was_seen_as_known_on_it(loan, start, known_at, convention):
    found = of(loan, start, END, known_at, convention)
    true = diary(loan, END, known_at, convention)
    for place, day in enumerate(start + timedelta(days=n) for n in range(found.dpd.size)):
        assert found.dpd[place] == true.get(day, 0)
        if place % 5 == 0 or day in {event.learned for event in found.events}:
            knew = min(day, known_at or day)
            assert found.seen[place] == dpd_on(loan, day, knew, convention), day


@BOUNDED
@given(loans, days, st.one_of(st.none(), days), conventions())
def test_stays_hold_every_day_once_and_days_never_fall_without_an_event(loan, start, known_at, convention):
    found = of(loan, start, END, known_at, convention)
    stays = list(found.stays())
    assert (stays[0].first, stays[-1].last) == (start, END)
    assert all(later.first - earlier.last == timedelta(days=1) for earlier, later in pairwise(stays))
    assert all(earlier.bucket != later.bucket for earlier, later in pairwise(stays))
    for stay in stays:
        span = found.dpd[found.place(stay.first) : found.place(stay.last) + 1]
        assert span.max() == stay.worst
        assert {convention.bucket_of(int(n)) for n in span} == {stay.bucket}
    if convention.counter == "amount_equivalent":
        return  # there arrears are worth other days once another due date has passed, met or not
    told = {event.day for event in found.events}
    fell = [start + timedelta(days=n + 1) for n, (a, b) in enumerate(pairwise(found.dpd.tolist())) if b < a]
    assert set(fell) <= told
    assert all(
        event.learned <= known_at for event in found.events if known_at and event.kind in ("payment", "reversal")
    )


def kinds(found, *wanted):
    return [(e.kind, e.day, e.dpd) for e in found.events if e.kind in wanted]


def test_a_payment_booked_late_and_one_taken_back_change_what_was_seen():
    loan = Loan(
        [Instalment(1, date(2023, 1, 10), 100), Instalment(2, date(2023, 2, 10), 100)],
        [
            Payment("A", date(2023, 1, 10), 100, booked=date(2023, 1, 20)),
            Payment("B", date(2023, 2, 10), 100),
            Payment("R", date(2023, 2, 15), 100, reverses="B"),
        ],
    )
    found = of(loan, date(2023, 1, 1), date(2023, 2, 28), None, load("default"))
    assert (found.dpd[found.place(date(2023, 1, 19))], found.seen[found.place(date(2023, 1, 19))]) == (0, 9)
    assert (found.dpd[found.place(date(2023, 2, 14))], found.seen[found.place(date(2023, 2, 14))]) == (4, 0)
    assert found.dpd[-1] == found.seen[-1] == 18
    late, kept, back = (e for e in found.events if e.kind in ("payment", "reversal"))
    assert (late.late_known, late.learned, late.dpd, late.seen) == (True, date(2023, 1, 20), (0, 0), (9, 0))
    assert (kept.minor, kept.taken_back) == (100, 100)
    assert (back.day, back.other, back.seen) == (date(2023, 2, 15), date(2023, 2, 10), (0, 5))
    before = of(loan, date(2023, 1, 1), date(2023, 2, 28), date(2023, 2, 14), load("default"))
    assert before.dpd[-1] == 0 and not [e for e in before.events if e.kind == "reversal"]


def test_pauses_charges_missed_payments_and_thresholds_are_told_where_the_convention_counts_them():
    loan = Loan(
        [Instalment(n, date(2023, n, 10), 8000) for n in (1, 2, 3)],
        [Payment("A", date(2023, 3, 1), 7000)],
        [Charge("late_fee", date(2023, 1, 15), 500)],
        [Pause(date(2023, 2, 20), date(2023, 2, 25))],
    )
    span = (date(2023, 1, 1), date(2023, 3, 20))
    eba = of(loan, *span, None, load("eba"))
    assert kinds(eba, "material", "immaterial") == [
        ("material", date(2023, 2, 11), (0, 1)),
        ("immaterial", date(2023, 3, 1), (12, 0)),
        ("material", date(2023, 3, 11), (0, 1)),
    ]
    assert kinds(eba, "pause", "pause_over", "charge") == [
        ("charge", date(2023, 1, 15), (0, 0)),
        ("pause", date(2023, 2, 20), (9, 9)),
        ("pause_over", date(2023, 2, 26), (9, 10)),
    ]
    mba = of(loan, *span, None, load("mba"))
    assert kinds(mba, "missed", "pause") == [
        ("missed", date(2023, 2, 9), (0, 30)),
        ("missed", date(2023, 3, 9), (30, 60)),
    ]
    default = of(loan, *span, None, load("default"))
    assert [(e.seq, e.day, e.other) for e in default.events if e.kind == "past_due"] == [
        (n, date(2023, n, 11), date(2023, n, 10)) for n in (1, 2, 3)
    ]


def test_the_usual_span_is_the_loans_own_and_ends_in_time():
    loan = Loan([Instalment(n, date(2018 + n, 1, 10), 100) for n in (1, 2, 3, 4, 5)], [])
    made = LoanTables(**tables([loan]))
    assert span_of(made, date(2020, 5, 1)) == (date(2019, 1, 10), date(2020, 5, 1))
    assert span_of(made, date(2026, 5, 1)) == (date(2020, 1, 10), date(2023, 1, 10))
    nothing = LoanTables(**tables([Loan()]))
    assert span_of(nothing, date(2020, 5, 1)) == (date(2020, 5, 1), date(2020, 5, 1))


@pytest.fixture
def book(tmp_path):
    loan = Loan(
        [Instalment(n, date(2023, n, 10), 100_00) for n in (1, 2, 3)],
        [Payment("A", date(2023, 1, 25), 100_00, booked=date(2023, 2, 1)), Payment("B", date(2023, 3, 1), 50_00)],
    )
    build_version(tmp_path / "b", frames([loan, loan], ["L1", "L2"]), shards=2)
    return tmp_path / "b"


def run(*words: object):
    return CliRunner().invoke(history, [str(w) for w in words])


def test_the_command_draws_the_days_and_says_what_changed_them(book, tmp_path):
    out = tmp_path / "days.csv"
    told = run("L2", "--book", book, "--to", "2023-03-31", "--out", out)
    assert told.exit_code == 0, told.output
    assert "2023-01-25       14 → 0            100.00  还款 payment   记账 booked 2023-02-01 (21 → 0)" in told.output
    assert "M2              2023-03-13   2023-03-31        19         49" in told.output
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    assert (rows[0]["day"], rows[-1]["day"], rows[-1]["dpd"], rows[-1]["bucket"]) == (
        "2023-01-10",
        "2023-03-31",
        "49",
        "M2",
    )
    assert next(r for r in rows if r["day"] == "2023-01-30") == {
        "day": "2023-01-30",
        "dpd": "0",
        "bucket": "C",
        "seen": "20",
    }
    run("L2", "--book", book, "--to", "2023-03-31", "--known-at", "2023-01-31", "--out", tmp_path / "all.json")
    said = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert (said["known_at"], said["days"][20]["dpd"], [e["kind"] for e in said["events"]]) == (
        "2023-01-31",
        20,
        ["past_due", "past_due", "past_due"],
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["L9"], "AGE-008"),
        (["L1", "--from", "2023-05-01", "--to", "2023-04-01"], "AGE-009"),
        (["L1", "--to", "2023-13-01"], "AGE-010"),
        (["L1", "--out", "days.xlsx"], "AGE-014"),
        (["L1", "--convention", "nothing"], "AGE-001"),
        (["L1", "--version", "000009-deadbeef"], "BOOK-001"),
    ],
)
def test_a_slip_has_a_code_and_writes_nothing(book, words, code):
    told = run(*words, "--book", book)
    assert isinstance(told.exception, ShouyueError) and told.exception.code == code


def test_a_day_out_of_the_book_is_the_same_as_from_its_rows(book):
    from shouyue.book.store import Book

    version = Book(book).current()
    assert version is not None
    found = loan_history(version, "L1", date(2023, 1, 1), date(2023, 3, 31), date(2023, 2, 1), "fineract")
    assert (found.dpd[-1], found.end) == (46, date(2023, 3, 31))
