"""Playing the days: answers, promises, and how little a call changes."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from shouyue.base.errors import ShouyueError
from shouyue.simulator import ledger, truth
from shouyue.simulator.play import Contact, World
from tests.simulator.books import KEYS, Book, merged
from tests.simulator.conftest import DAY


def _at(day, hour=13, minute=0) -> datetime:
    """A moment of the day by the clock of China."""
    return datetime(day.year, day.month, day.day, hour - 8, minute, tzinfo=UTC)


def _frames(tables) -> dict[str, pl.DataFrame]:
    return {name: pl.DataFrame(table) for name, table in tables.items()}


def _book(world: World, day) -> Book:
    return Book(day, _frames(world.tables(day)))


@pytest.fixture(scope="module")
def book() -> Book:
    return _book(World(6_000, 5, DAY), DAY)


@pytest.fixture
def world() -> World:
    return World(6_000, 5, DAY)


def _late(book: Book, low=1, high=90) -> list[str]:
    found = book.active_on(DAY).filter(pl.col("dpd").is_between(low, high))
    return found["customer_id"].unique(maintain_order=True).to_list()


def test_days_without_contacts_are_those_of_the_export(world, book):
    untouched = Book(DAY, {name: rows.sort(KEYS[name]) for name, rows in book.tables.items()})
    for n in range(4):
        day = DAY + timedelta(days=n)
        delta = Book(day + timedelta(days=1), _frames(world.day_after(day)))
        untouched = merged(untouched, delta)
    whole = _book(World(6_000, 5, DAY), DAY + timedelta(days=4))
    for name, key in KEYS.items():
        assert untouched.tables[name].equals(whole.tables[name].sort(key)), name


def test_same_question_same_answer(world, book):
    ids = book.customers["customer_id"][:300]
    first = [world.answer(c, _at(DAY)) for c in ids]
    other = World(6_000, 5, DAY)
    assert first[::-1] == [other.answer(c, _at(DAY)) for c in ids[::-1]]
    assert first != [world.answer(c, _at(DAY, 18)) for c in ids]


def test_about_half_of_the_calls_reach_the_borrower(world, book):
    said = [world.answer(c, _at(DAY)).reached for c in book.customers["customer_id"]]
    share = {r: said.count(r) / len(said) for r in set(said)}
    assert 0.4 < share["self"] < 0.75
    assert {"self", "other", "no_answer", "off", "invalid"} == set(share)
    assert share["invalid"] < 0.06


def test_late_borrowers_promise_what_they_owe_within_a_week(world, book):
    late = _late(book, 2, 60)
    said = [world.answer(c, _at(DAY)) for c in late]
    promises = [a for a in said if a.result == "promise"]
    assert len(promises) > len([a for a in said if a.reached == "self"]) / 3 > 3
    for answer in promises:
        assert answer.promise_on is not None and answer.promise_minor is not None
        assert DAY < answer.promise_on <= DAY + timedelta(days=7)
        assert answer.promise_minor > 0 and answer.reason and answer.mood
    assert {a.result for a in said if a.reached == "self"} & {"refused", "hardship", "dispute"}


def test_who_is_not_late_promises_nothing(world, book):
    late = set(_late(book, 0 + 1, 10_000))
    others = [c for c in book.customers["customer_id"] if c not in late][:500]
    said = [world.answer(c, _at(DAY)) for c in others]
    assert not [a for a in said if a.promise_on or a.reason]
    assert [a for a in said if a.result == "will_deposit"]


def test_other_numbers_reach_others_and_strange_ones_nobody(world, book):
    spouse = book.contacts.filter(pl.col("relation") == "spouse")[:300]
    said = [world.answer(c, _at(DAY, 19), "call", p) for c, p in spouse.select("customer_id", "phone").iter_rows()]
    reached = [a.reached for a in said]
    assert reached.count("other") > 3 * reached.count("self") > 0
    assert all(not a.promise_on for a in said if a.reached == "other")
    assert world.answer(spouse["customer_id"][0], _at(DAY), "call", "10029999999").reached == "invalid"


def test_a_message_is_not_answered(world, book):
    assert all(world.answer(c, _at(DAY), "sms").reached == "no_answer" for c in book.customers["customer_id"][:50])


def test_promises_are_kept_and_broken(book):
    world, without = World(6_000, 5, DAY), World(6_000, 5, DAY)
    promised = [(c, world.answer(c, _at(DAY))) for c in _late(book, 1, 90)]
    promised = [(c, a) for c, a in promised if a.promise_on]
    contacts = [Contact(c, _at(DAY), promise_on=a.promise_on, promise_minor=a.promise_minor) for c, a in promised]
    assert len(contacts) > 25
    paid, paid_without = _paid(world, 8, contacts), _paid(without, 8, [])
    kept = sum(paid.get(c, 0) >= (a.promise_minor or 0) for c, a in promised)
    alone = sum(paid_without.get(c, 0) >= (a.promise_minor or 0) for c, a in promised)
    assert 0.4 < kept / len(promised) < 0.95
    assert alone <= kept
    assert alone > 0.2 * kept  # many pay anyway


def _paid(world: World, days: int, contacts: list[Contact]) -> dict[str, int]:
    """What each customer pays in the days after, minor units."""
    owner = dict(_frames(world.tables(DAY))["loans"].select("loan_id", "customer_id").iter_rows())
    total: dict[str, int] = {}
    for n in range(days):
        rows = world.day_after(DAY + timedelta(days=n), contacts if n == 0 else [])
        for loan, minor, back in (
            pl.DataFrame(rows["payments"]).select("loan_id", "amount_minor", "reversal_of").iter_rows()
        ):
            if loan in owner:
                total[owner[loan]] = total.get(owner[loan], 0) + (-minor if back else minor)
    return total


def test_reminders_help_a_little_because_most_pay_anyway(book):
    week = DAY + timedelta(days=7)
    soon = book.active_on(DAY).filter((pl.col("dpd") == 0) & (pl.col("oldest") <= week))
    contacts = [Contact(c, _at(DAY)) for c in soon["customer_id"].unique()]
    world, without = World(6_000, 5, DAY), World(6_000, 5, DAY)
    world.touch(DAY, contacts)
    after = DAY + timedelta(days=9)
    shares = [
        _book(w, after).loans_on(after).join(soon.select("loan_id"), on="loan_id")["dpd"].gt(0).mean()
        for w in (world, without)
    ]
    assert shares[0] < shares[1] < 0.12
    assert shares[1] - shares[0] < 0.06


def test_contacted_world_stays_consistent(world, book):
    """What was exported stays true whatever is done later, and the deltas add up to the full export."""
    grown = Book(DAY, {name: rows.sort(KEYS[name]) for name, rows in book.tables.items()})
    for n in range(6):
        day = DAY + timedelta(days=n)
        tried = [(c, world.answer(c, _at(day))) for c in _late(grown, 1, 400)]
        contacts = [
            Contact(c, _at(day), reached=a.reached, promise_on=a.promise_on, promise_minor=a.promise_minor)
            for c, a in tried
        ]
        grown = merged(grown, Book(day + timedelta(days=1), _frames(world.day_after(day, contacts))))
    whole = world.tables(DAY + timedelta(days=6))
    for name, key in KEYS.items():
        assert grown.tables[name].equals(_frames(whole)[name].sort(key)), name
    assert (grown.payments["amount_minor"] > 0).all()


def test_a_call_never_makes_a_payment_later(book):
    world, without = World(6_000, 5, DAY), World(6_000, 5, DAY)
    world.touch(DAY, [Contact(c, _at(DAY)) for c in book.customers["customer_id"]])
    after = DAY + timedelta(days=30)
    both = (
        _book(without, after).loans_on(after).join(_book(world, after).loans_on(after), on="loan_id", suffix="_called")
    )
    assert (both["dpd_called"] <= both["dpd"]).all()
    assert (both["dpd_called"] < both["dpd"]).any()


def test_the_lost_are_not_reached(world, book):
    hidden = pl.DataFrame(truth.of(ledger.block(world.lender, 0)))
    lost = hidden.filter(pl.col("lost_from") <= DAY)["customer_id"].to_list()
    assert len(lost) > 3
    assert set(lost) & set(_late(book, 91, 10_000))
    own = dict(book.contacts.filter(pl.col("rank") == 1).select("customer_id", "phone").iter_rows())
    assert all(world.answer(c, _at(DAY), "call", own[c]).reached in ("off", "invalid") for c in lost)


def test_days_are_played_in_order(world):
    world.day_after(DAY)
    with pytest.raises(ShouyueError) as error:
        world.day_after(DAY)
    assert error.value.code == "SIM-003"


@pytest.mark.parametrize("name", ["", "C", "C99999999999", "X000000001", "Cabc", "C٣"])
def test_unknown_customer_is_refused(world, name):
    with pytest.raises(ShouyueError) as error:
        world.answer(name, _at(DAY))
    assert error.value.code == "SIM-002"
