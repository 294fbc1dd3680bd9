"""The simulated core books what it is told: in the next day's rows, by the sum, and not without a trace."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from click.testing import CliRunner

from shouyue.ageing.convention import load as convention
from shouyue.ageing.one import find, read_tables
from shouyue.ageing.reconciling.run import reconcile
from shouyue.ageing.settling import Terms, loan_row, payoff
from shouyue.base.errors import ShouyueError
from shouyue.book.importing import import_folder
from shouyue.book.profile import load as profile
from shouyue.book.store import Book as Stored
from shouyue.book.store import Version
from shouyue.cli.simulate import simulate
from shouyue.simulator import export, instructions, played
from shouyue.simulator.play import Contact, World
from shouyue.simulator.size import Lender
from shouyue.simulator.told import SET
from tests.simulator import telling
from tests.simulator.books import KEYS, Book, merged, read
from tests.simulator.conftest import DAY
from tests.simulator.test_play import _at, _frames

LENDER = Lender(1_500, 3, DAY)
NEXT = DAY + timedelta(days=1)


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("first")
    export.write(LENDER, out, balances=True)
    return out


@pytest.fixture(scope="module")
def book(first) -> Book:
    return read(first, DAY)


@pytest.fixture(scope="module")
def version(first, tmp_path_factory) -> Version:
    made = import_folder(first, profile("demo"), tmp_path_factory.mktemp("book"), append=False)
    assert made.version is not None
    return made.version


def after(day: date, n: int) -> date:
    return day + timedelta(days=n)


def play(source: Path, day: date, out: Path, told: Path | None, exact=True):
    return played.play(source, day, None, out, balances="exact", told=told, exact=exact)


def booked(folder: Path) -> list[dict[str, str]]:
    with (folder / "booked.csv").open() as lines:
        return list(csv.DictReader(lines))


def charged(book: Book) -> pl.DataFrame:
    """Open charges of open loans by contract and component: of instalments that are late."""
    loans = book.loans_on(DAY).filter(pl.col("closed_on").is_null() & (pl.col("dpd") >= 30))
    late = book.charges.join(loans.select("loan_id", "oldest"), on="loan_id")
    return late.filter(pl.col("due_date") > pl.col("oldest")).group_by("loan_id", "kind").agg(
        pl.col("amount_minor").sum()
    ).sort("loan_id", "kind")  # fmt: skip


# ---------------------------------------------------------------- waivers
def test_a_waiver_lowers_the_charges_of_its_component_by_its_sum_and_no_other(book, first, tmp_path):
    told = [(loan, kind, minor // 2) for loan, kind, minor in charged(book).rows()[::3]]
    telling.concessions(tmp_path / "in", 1, told)
    play(first, DAY, tmp_path / "d1", tmp_path / "in")
    play(first, DAY, tmp_path / "none", None)
    sums = []
    for folder in ("d1", "none"):
        whole = merged(book, read(tmp_path / folder, NEXT))
        sums.append(dict(whole.charges.group_by("loan_id", "kind").agg(pl.col("amount_minor").sum()).select(
            pl.concat_str("loan_id", "kind", separator="/"), "amount_minor").rows()))  # fmt: skip
    down = {key: sums[1][key] - sums[0][key] for key in sums[1] if sums[1][key] != sums[0][key]}
    assert down == {f"{loan}/{kind}": minor for loan, kind, minor in told} and len(down) > 5
    assert Counter(row["answer"] for row in booked(tmp_path / "d1")) == {"booked": len(told)}


def test_who_was_let_off_pays_so_much_less(book, first, tmp_path):
    told = [(loan, kind, minor) for loan, kind, minor in charged(book).rows()]
    telling.concessions(tmp_path / "in", 1, told)
    worlds = [World(LENDER.loans, LENDER.seed, DAY) for _ in range(2)]
    worlds[0].take(DAY, instructions.new(tmp_path / "in", {}), exact=True)
    later = after(DAY, 400)
    paid = [_paid(world, later) for world in worlds]
    closed = pl.DataFrame(worlds[1].tables(later)["loans"]).filter(pl.col("closed_on").is_not_null())["loan_id"]
    less = Counter(dict.fromkeys(closed, 0))
    for loan, _, minor in told:
        if loan in less:
            less[loan] += minor
    assert {loan: paid[1][loan] - paid[0][loan] for loan in closed} == less and sum(less.values()) > 0


def _paid(world: World, day: date) -> dict[str, int]:
    rows = pl.DataFrame(world.tables(day)["payments"])
    signed = rows.with_columns(pl.when(pl.col("reversal_of").is_null()).then(1).otherwise(-1).alias("sign"))
    return dict(signed.group_by("loan_id").agg((pl.col("amount_minor") * pl.col("sign")).sum()).rows())


def test_more_than_is_open_or_of_no_one_is_not_booked(book, first, tmp_path):
    (loan, kind, minor), *_ = charged(book).rows()
    telling.concessions(tmp_path / "in", 1, [(loan, kind, minor + 1), ("SY999999999", kind, 1), ("L1", kind, 1)])
    folder, said = play(first, DAY, tmp_path / "d1", tmp_path / "in")
    assert [(one.answer, one.why) for one in said] == [
        ("refused", "more_than_open"),
        ("refused", "unknown"),
        ("refused", "unknown"),
    ]
    same, _ = play(first, DAY, tmp_path / "none", None)
    assert folder.money == same.money and folder.rows == same.rows


# ---------------------------------------------------------------- early settlement
def quoted(version: Version, loan: str, on: date) -> dict[str, int]:
    """What settles the loan, by the lender's desk."""
    place, rule = find(version, loan), convention("default")
    found = payoff(read_tables(version, place, rule), on, DAY, Terms("t"), rule, loan_row(version, place)["opened_on"])
    return found.asked


def running(book: Book, late: bool) -> list[str]:
    """Loans with more than two instalments to come that nothing was paid too much on."""
    to_come = book.instalments.filter(pl.col("due_date") > after(DAY, 15)).group_by("loan_id").len()
    loans = book.active_on(DAY).join(to_come.filter(pl.col("len") > 2), on="loan_id")
    return loans.filter((pl.col("dpd") > 0) == late)["loan_id"].sort().to_list()


@pytest.mark.parametrize("late", [False, True])
def test_the_money_comes_by_the_day_by_the_sum_and_the_loan_is_over(book, version, first, tmp_path, late):
    on = after(DAY, 5)
    chosen = Random(1).sample(running(book, late), 25)
    asked = {loan: quoted(version, loan, on) for loan in chosen}
    telling.settlements(tmp_path / "in", 1, [(loan, parts, on) for loan, parts in asked.items()])
    source, whole = first, book
    for n in range(6):
        day = after(DAY, n)
        play(source, day, tmp_path / f"d{n + 1}", tmp_path / "in")
        source = tmp_path / f"d{n + 1}"
        whole = merged(whole, read(source, after(day, 1)))
    said = {row["subject"]: row for row in booked(source)}
    assert {row["answer"] for row in said.values()} == {"booked"}
    for loan, parts in asked.items():
        paid = whole.payments.filter((pl.col("loan_id") == loan) & (pl.col("booked_on") > DAY))
        came = [row for row in paid.rows(named=True) if row["value_date"] <= on]
        assert sum(row["amount_minor"] for row in came) == sum(parts.values()), loan
        assert {row["value_date"].isoformat() for row in came} == {said[loan]["on"]}
        (row,) = whole.loans.filter(pl.col("loan_id") == loan).rows(named=True)
        assert row["closed_on"] and row["closed_on"].isoformat() == said[loan]["on"]
        due = whole.instalments.filter(pl.col("loan_id") == loan)["amount_minor"].sum()
        fees = whole.charges.filter(pl.col("loan_id") == loan)["amount_minor"].sum()
        total = whole.payments.filter(pl.col("loan_id") == loan)
        back = total.filter(pl.col("reversal_of").is_not_null())["amount_minor"].sum()
        assert total["amount_minor"].sum() - 2 * back == due + fees, loan
        stated = pl.read_parquet(tmp_path / f"d{(date.fromisoformat(said[loan]['on']) - DAY).days}/balances.parquet")
        assert stated.filter(pl.col("loan_id") == loan).select("outstanding_minor", "status").rows() == [(0, "closed")]


def test_of_six_one_is_unpaid_one_not_settled_and_one_keeps_a_rest(book, version, first, tmp_path):
    on = after(DAY, 3)
    chosen = running(book, False)[:SET]
    asked = {loan: quoted(version, loan, on) for loan in chosen}
    telling.settlements(tmp_path / "in", 1, [(loan, parts, on) for loan, parts in asked.items()])
    world = World(LENDER.loans, LENDER.seed, DAY)
    world.take(DAY, instructions.new(tmp_path / "in", {}))
    said = {one.subject: one for one in world.answered}
    assert Counter(one.answer for one in said.values()) == {"booked": 3, "unpaid": 1, "refused": 1, "otherwise": 1}
    tables = _frames(world.tables(after(DAY, 4)))
    over = dict(tables["loans"].select("loan_id", "closed_on").rows())
    paid = tables["payments"].filter(pl.col("booked_on") > DAY)
    for loan, one in said.items():
        came = paid.filter(pl.col("loan_id") == loan)["amount_minor"].sum()
        assert (over[loan] is not None) == (one.answer == "booked"), one
        assert (came == sum(asked[loan].values())) == (one.answer != "unpaid"), one
    (rest,) = [one for one in said.values() if one.answer == "otherwise"]
    stated = pl.DataFrame(world.statement(after(DAY, 4), slipping=False)[0])
    assert stated.filter(pl.col("loan_id") == rest.subject)["outstanding_minor"].to_list() == [
        rest.minor - rest.told_minor
    ]


def test_a_sum_that_cannot_settle_and_a_loan_that_is_over_are_refused(book, version, first, tmp_path):
    on = after(DAY, 3)
    loan = running(book, False)[0]
    parts = quoted(version, loan, on)
    over = book.loans.filter(pl.col("closed_on").is_not_null())["loan_id"][0]
    too_little = {**parts, "principal": parts["principal"] - 100_00}
    told = [(loan, too_little, on), (over, {"principal": 1}, on), (loan, parts, DAY)]
    telling.settlements(tmp_path / "in", 1, told)
    world = World(LENDER.loans, LENDER.seed, DAY)
    world.take(DAY, instructions.new(tmp_path / "in", {}), exact=True)
    assert [one.why for one in world.answered] == ["too_little", "closed", "too_late"]
    untouched = World(LENDER.loans, LENDER.seed, DAY)
    assert all(t.equals(untouched.tables(on)[name]) for name, t in world.tables(on).items())


def test_a_talk_does_not_move_the_money_of_an_early_settlement(book, version, first, tmp_path):
    on = after(DAY, 4)
    chosen = running(book, True)[:20]
    owner = dict(book.loans.select("loan_id", "customer_id").rows())
    telling.settlements(tmp_path / "in", 1, [(loan, quoted(version, loan, on), on) for loan in chosen])
    worlds = [World(LENDER.loans, LENDER.seed, DAY) for _ in range(2)]
    for world in worlds:
        world.take(DAY, instructions.new(tmp_path / "in", {}), exact=True)
    worlds[0].touch(NEXT, [Contact(owner[loan], _at(NEXT)) for loan in chosen])
    both = [_frames(world.tables(on))["payments"].filter(pl.col("loan_id").is_in(chosen)) for world in worlds]
    assert both[0].equals(both[1])


# ---------------------------------------------------------------- contact data
def changes(book: Book) -> list[dict[str, str]]:
    numbers = book.contacts.filter(pl.col("relation") == "friend").rows(named=True)
    ids = [row["customer_id"] for row in numbers]
    return [
        {"change": "number_added", "customer": ids[0], "phone": "10029999912", "relation": "self", "place": "mobile"},
        {"change": "number_corrected", "customer": ids[1], "phone": "+86 " + numbers[1]["phone"], "relation": "parent",
         "name": "王五"},
        {"change": "number_marked", "customer": ids[2], "phone": numbers[2]["phone"], "mark": "wrong"},
        {"change": "number_marked", "customer": ids[3], "phone": numbers[3]["phone"], "mark": "verified"},
        {"change": "address", "customer": ids[4], "value": "杭州市青禾路 9 号 3 栋 1201 室", "city": "杭州"},
        {"change": "employer", "customer": ids[4], "value": "云岫网络科技有限公司东区分部"},
    ]  # fmt: skip


def test_contact_data_is_in_the_next_days_book_and_a_number_marked_wrong_is_not(book, first, tmp_path):
    told = changes(book)
    telling.contacts(tmp_path / "in", 1, told)
    import_folder(first, profile("demo"), tmp_path / "book", append=False)
    play(first, DAY, tmp_path / NEXT.isoformat(), tmp_path / "in")
    made = import_folder(tmp_path / NEXT.isoformat(), profile("demo"), tmp_path / "book", append=True)
    assert made.version is not None and made.quarantined == 0
    numbers = pl.DataFrame(pl.from_arrow(made.version.read("contacts", 0, None)))
    people = pl.DataFrame(pl.from_arrow(made.version.read("customers", 0, None)))

    def of(n: int) -> dict[str, dict]:
        rows = numbers.filter(pl.col("customer_id") == told[n]["customer"]).rows(named=True)
        return {row["phone"]: row for row in rows}

    assert of(0)["10029999912"]["relation"] == "self"
    corrected = of(1)[told[1]["phone"].removeprefix("+86 ")]
    assert (corrected["relation"], corrected["name"]) == ("parent", "王五")
    assert told[2]["phone"] not in of(2) and len(of(2)) > 0
    assert told[3]["phone"] in of(3)
    (person,) = people.filter(pl.col("customer_id") == told[4]["customer"]).rows(named=True)
    assert (person["address"], person["city"], person["employer"]) == (told[4]["value"], "杭州", told[5]["value"])
    untouched = set(book.contacts["customer_id"]) - {one["customer"] for one in told}
    mine = pl.col("customer_id").is_in(list(untouched))
    kept = numbers.filter(mine & pl.col("customer_id").is_in(book.customers["customer_id"].to_list()))
    assert kept.sort("customer_id", "rank").equals(book.contacts.filter(mine).sort("customer_id", "rank"))


def test_a_number_that_the_core_has_now_is_answered_and_one_it_has_no_more_is_nobodys(book, tmp_path):
    told = changes(book)
    telling.contacts(tmp_path / "in", 1, told)
    world = World(LENDER.loans, LENDER.seed, DAY)
    new, gone = (told[0]["customer"], told[0]["phone"]), (told[2]["customer"], told[2]["phone"])
    world.take(DAY, instructions.new(tmp_path / "in", {}), exact=True)
    hours = range(9, 21)
    assert {world.answer(*who_at(new, DAY, h)).reached for h in hours} == {"invalid"}
    assert "self" in {world.answer(*who_at(new, NEXT, h)).reached for h in hours}
    assert {world.answer(*who_at(gone, NEXT, h)).reached for h in hours} == {"invalid"}
    assert {world.answer(*who_at(gone, DAY, h)).reached for h in hours} != {"invalid"}


def who_at(whom: tuple[str, str], day: date, hour: int):
    return whom[0], _at(day, hour), "call", whom[1]


def test_of_six_lines_one_is_booked_otherwise_and_one_ignored(book, tmp_path):
    ids = book.customers["customer_id"][:30].to_list()
    telling.contacts(
        tmp_path / "in", 1, [{"change": "address", "customer": c, "value": f"杭州市青禾路 {c}"} for c in ids]
    )
    world = World(LENDER.loans, LENDER.seed, DAY)
    world.take(DAY, instructions.new(tmp_path / "in", {}))
    assert Counter(one.answer for one in world.answered) == {"booked": 20, "otherwise": 5, "refused": 5}
    assert {one.why for one in world.answered if one.answer == "otherwise"} == {"cut_off"}


def test_the_last_number_of_a_customer_stays(book, tmp_path):
    (customer,) = book.contacts.group_by("customer_id").len().sort("len", "customer_id")["customer_id"][:1]
    numbers = book.contacts.filter(pl.col("customer_id") == customer)["phone"].to_list()
    told = [{"change": "number_marked", "customer": customer, "phone": p, "mark": "out_of_service"} for p in numbers]
    telling.contacts(tmp_path / "in", 1, told)
    world = World(LENDER.loans, LENDER.seed, DAY)
    world.take(DAY, instructions.new(tmp_path / "in", {}), exact=True)
    assert [one.why for one in world.answered] == [""] * (len(numbers) - 1) + ["last_number"]
    left = pl.DataFrame(world.tables(NEXT)["contacts"]).filter(pl.col("customer_id") == customer)
    assert left["phone"].to_list() == numbers[-1:]


# ---------------------------------------------------------------- from day to day
def everything(book: Book, version: Version, folder: Path) -> None:
    on = after(DAY, 3)
    telling.concessions(folder, 1, [(loan, kind, minor // 3) for loan, kind, minor in charged(book).rows()[:12]])
    told = [(loan, quoted(version, loan, on), on) for loan in running(book, False)[:9]]
    telling.settlements(folder, 1, told)
    telling.contacts(folder, 1, changes(book))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_same_arguments_same_bytes_and_the_days_add_up(book, version, first, tmp_path):
    everything(book, version, tmp_path / "in")
    second = telling.concessions(tmp_path / "later", 2, [(charged(book)["loan_id"][-1], "late_fee", 1_00)])
    for run in ("a", "b"):
        source = first
        for n in range(5):
            if n == 2:
                (tmp_path / "in" / second.name).write_bytes(second.read_bytes())
            play(source, after(DAY, n), tmp_path / run / f"d{n + 1}", tmp_path / "in", exact=n > 0)
            source = tmp_path / run / f"d{n + 1}"
        (tmp_path / "in" / second.name).unlink()
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    assert {row["instruction"] for row in booked(source)} == {"1", "2"}
    grown = book
    for n in range(5):
        grown = merged_whole(grown, read(tmp_path / "a" / f"d{n + 1}", after(DAY, n + 1)))
    past = played.opened(source)
    whole = _frames(past.world.tables(past.as_of))
    for name, key in KEYS.items():
        assert grown.tables[name].sort(key).equals(whole[name].sort(key)), name


def test_what_the_core_states_after_all_that_is_what_ageing_makes_of_its_rows(book, version, first, tmp_path):
    everything(book, version, tmp_path / "in")
    import_folder(first, profile("demo"), tmp_path / "book", append=False)
    source = first
    for n in range(5):
        play(source, after(DAY, n), tmp_path / f"d{n + 1}", tmp_path / "in", exact=False)
        source = tmp_path / f"d{n + 1}"
        made = import_folder(source, profile("demo"), tmp_path / "book", append=True)
        found = reconcile(Stored(tmp_path / "book"))
        assert made.quarantined == 0 and found.agrees, found.differences
    assert {row["answer"] for row in booked(source)} == {"booked", "otherwise", "refused", "unpaid"}


def test_a_file_taken_twice_books_nothing_twice_and_needs_not_lie_there_any_more(book, version, first, tmp_path):
    everything(book, version, tmp_path / "in")
    play(first, DAY, tmp_path / "d1", tmp_path / "in")
    folder, said = play(tmp_path / "d1", NEXT, tmp_path / "d2", tmp_path / "in")
    assert not said
    without, _ = play(tmp_path / "d1", NEXT, tmp_path / "other", None)
    assert bytes_of(folder.path) == bytes_of(without.path)


def test_a_damaged_file_is_refused_and_nothing_is_written(book, version, first, tmp_path):
    everything(book, version, tmp_path / "in")
    path = tmp_path / "in" / "settlements-000001.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    given = ["play", "--from", first, "--day", DAY, "--instructions", tmp_path / "in", "--out", tmp_path / "d1"]
    result = CliRunner().invoke(simulate, [*map(str, given)])
    assert isinstance(result.exception, ShouyueError) and result.exception.code == "SIM-006"
    assert not (tmp_path / "d1").exists()


def test_the_command_says_what_became_of_the_lines(book, version, first, tmp_path):
    everything(book, version, tmp_path / "in")
    given = ["play", "--from", first, "--day", DAY, "--instructions", tmp_path / "in", "--out", tmp_path / "d1"]
    result = CliRunner().invoke(simulate, [*map(str, given)], catch_exceptions=False)
    assert "concessions  已入账 booked 8" in result.output and "concessions  未入账 refused 2" in result.output
    assert "settlements  未到账 unpaid" in result.output
    rows = booked(tmp_path / "d1")
    assert len(rows) == 12 + 9 + 6
    assert not (tmp_path / "d1" / "instructions" / "contacts-000001.csv").stat().st_mode & 0o077


def merged_whole(book: Book, delta: Book) -> Book:
    """As the demo's profile has it: a customer's numbers come whole."""
    if "contacts" in delta.tables:
        others = book.contacts.filter(~pl.col("customer_id").is_in(delta.contacts["customer_id"].unique().to_list()))
        book = Book(book.day, {**book.tables, "contacts": others})
    return merged(book, delta)
