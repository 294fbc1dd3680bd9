"""What to do with each loan today, and why: a strategy over the columns of ``features``."""

from __future__ import annotations

from datetime import date
from itertools import product

import polars as pl

from shouyue.base.money import exponent
from shouyue.strategy import compiling, faults, holding_out, words
from shouyue.strategy.experiment import HELD_OUT, HOLD_OUT
from shouyue.strategy.model import Order, Strategy, Table
from shouyue.strategy.reading import usable
from shouyue.strategy.vocabulary import PHYSICAL

#: columns of a decision, in order
COLUMNS = {
    "loan_id": pl.String,
    "customer_id": pl.String,
    "phase": pl.String,
    "segment": pl.String,
    "stage": pl.String,
    "treatment": pl.String,
    "priority": pl.Int64,
    "best_time": pl.String,
    "minutes": pl.Int64,
    "hold": pl.Boolean,
    "left_alone": pl.Boolean,
    "channel": pl.String,
    "whom": pl.String,
    "attempts": pl.Int64,
    "reason_zh": pl.String,
    "reason_en": pl.String,
    "rule": pl.String,
}

# A priority is band, age and amount in one whole number that fits 32 bits: 0..99, 0..1999, 0..9999.
_AGES, _AMOUNTS = 2_000, 10_000
#: a priority's band is its whole number of these
BAND = _AGES * _AMOUNTS


def decide(strategy: Strategy, features: pl.DataFrame) -> pl.DataFrame:
    """One row per loan of ``features``, sorted by loan_id, with the columns of ``COLUMNS``.

    ``phase`` is reminder, collection, or null where there is no work; ``hold`` keeps a case open without a call
    today, ``left_alone`` says that it does so because he is held out; ``channel``, ``whom`` and ``attempts`` are null
    where the strategy says nothing (a call, the borrower, no limit of its own); ``priority`` is worked from high to
    low; ``rule`` names the rows that decided (``table/row``). Each row depends on its own features alone, so a book may
    be decided in any parts and order.

    Raises STRAT-003 when the strategy has errors, STRAT-060 when a column is absent, STRAT-061 when two rows of a
    ``unique`` table apply, STRAT-062 when rows of an ``any`` table that apply differ, STRAT-063 when a loan's currency
    has other minor units than the strategy's.
    """
    usable(strategy)
    return told(strategy, evaluate(strategy, features))


def told(strategy: Strategy, frame: pl.DataFrame) -> pl.DataFrame:
    """The decisions of ``decide`` from what ``evaluate`` gave."""
    worked = frame.filter(_works())
    position = pl.when(_works()).then(_works().cum_sum() - 1)
    at = frame.select(position.cast(pl.UInt32).alias("at")).to_series()
    said = _worked(strategy, worked)
    columns = {n: said[n].gather(at) for n in said.columns}
    columns["loan_id"], columns["customer_id"] = frame["loan_id"], frame["customer_id"]
    columns["segment"] = frame["=segment"]
    columns["rule"] = _rule(strategy, frame)
    for name, empty in (("priority", 0), ("minutes", 0), ("hold", False), ("left_alone", False)):
        columns[name] = columns[name].fill_null(empty)
    return pl.DataFrame({name: columns[name].cast(dtype) for name, dtype in COLUMNS.items()})


def evaluate(strategy: Strategy, features: pl.DataFrame) -> pl.DataFrame:
    """Every table applied: the columns asked for, outputs as ``=NAME``, firing rows as ``#TABLE``; by loan_id."""
    asked = dict.fromkeys([*compiling.used_columns(strategy.tables), *words.columns_of(strategy)])
    asked |= dict.fromkeys(o.column for order in strategy.order.values() for o in (order.age, order.amount))
    asked |= {"as_of": None} if strategy.experiments else {}
    if absent := [c for c in asked if c not in features.columns]:
        raise faults.MISSING_COLUMNS.error(names=", ".join(absent))
    types = {n.column: PHYSICAL[n.type.kind] for n in strategy.names.values() if n.column in asked}
    frame = features.lazy().select(
        "loan_id", "customer_id", _currency(strategy, features), *(pl.col(c).cast(t) for c, t in types.items())
    )
    if not features["loan_id"].is_sorted():
        frame = frame.sort("loan_id")
    for table in strategy.tables:
        frame = compiling.apply(_drawn(strategy, table, frame), table)
    done = frame.collect()
    compiling.guard(done, strategy.tables)
    return done


def _drawn(strategy: Strategy, table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The frame with the arms that the table asks for. What a test says of a customer's arm stands.

    Who is held out is drawn only where there is a reminder to leave out.
    """
    asked = {c.name.id for c in table.inputs} & {"arm", "held_out"}
    if not asked or not strategy.experiments:
        return frame
    whole = frame.collect()
    for experiment in strategy.experiments:
        held = experiment.id == HOLD_OUT
        if ("held_out" if held else "arm") not in asked:
            continue
        lives = whole["as_of"].is_between(experiment.since, experiment.until or date.max)
        if held and "=phase" in whole.columns:
            lives &= whole["=phase"] == "reminder"
        at = lives.fill_null(value=False).arg_true()
        arms = experiment.assign(whole["customer_id"].gather(at))
        drawn = pl.Series([None], dtype=pl.String).new_from_index(0, whole.height).scatter(at, arms)
        if held:
            whole = whole.with_columns(pl.col("held_out") | (drawn == HELD_OUT).fill_null(value=False))
        else:
            whole = whole.with_columns(pl.col("arm").fill_null(drawn))
    return whole.lazy()


def _currency(strategy: Strategy, features: pl.DataFrame) -> pl.Expr:
    """The loans' currency, the strategy's where none is given. Its thresholds need the same minor units."""
    if "currency" not in features.columns:
        return pl.lit(strategy.currency).alias("currency")
    for currency in features["currency"].drop_nulls().unique().sort():
        if exponent(currency) != exponent(strategy.currency):
            raise faults.OTHER_CURRENCY.error(have=currency, want=strategy.currency)
    return pl.col("currency").cast(pl.String).fill_null(strategy.currency)


def _works() -> pl.Expr:
    return pl.col("=phase").is_in(["reminder", "collection"])


def _worked(strategy: Strategy, worked: pl.DataFrame) -> pl.DataFrame:
    told = {n: worked[f"={n}"] for n in ("phase", "stage", "treatment", "best_time", "minutes")}
    for name in ("channel", "whom", "attempts"):  # what a strategy need not say
        empty = pl.Series([None], dtype=COLUMNS[name]).new_from_index(0, worked.height)
        told[name] = worked[f"={name}"] if f"={name}" in worked.columns else empty
    no_hold = pl.Series([False]).new_from_index(0, worked.height)
    told["hold"] = worked["=hold"].fill_null(value=False) if "=hold" in worked.columns else no_hold
    told["left_alone"] = worked.with_columns(_left_alone(strategy))["left_alone"]
    told["priority"] = worked.select(priority(strategy)).to_series()
    reason = words.reasons(strategy, reason_table(strategy), worked)
    return pl.DataFrame({**told, "reason_zh": reason["zh"], "reason_en": reason["en"]})


def _left_alone(strategy: Strategy) -> pl.Expr:
    """Did a row decide that asks for ``held_out``?"""
    asking = pl.lit(value=False)
    for table in strategy.tables:
        rows = [n for n, row in enumerate(table.rows) if holding_out.asks(table, row)]
        if rows and not table.counts_all:
            asking |= pl.col(compiling.fired(table)).is_in(rows).fill_null(value=False)
    return asking.alias("left_alone")


def reason_table(strategy: Strategy) -> Table:
    """The table whose rows give the sentences of the reason."""
    return next(t for t in strategy.tables if any(c.name.id == "because" for c in t.outputs))


def priority(strategy: Strategy) -> pl.Expr:
    """Band first, then the phase's order by age and amount."""
    within = pl.lit(0, dtype=pl.Int64)
    for phase, order in strategy.order.items():
        within = pl.when(pl.col("=phase") == phase).then(_within(order, strategy)).otherwise(within)
    return pl.col("=band").fill_null(0) * BAND + within


def _within(order: Order, strategy: Strategy) -> pl.Expr:
    def source(name) -> pl.Expr:
        return pl.col(f"={name.id}" if name.table else name.column).fill_null(0)

    age = source(order.age).clip(0, _AGES - 1)
    # The root keeps small amounts apart and large ones below the limit. It orders work; it is no amount of money.
    major = source(order.amount).clip(lower_bound=0) // 10 ** exponent(strategy.currency)
    amount = major.cast(pl.Float64).sqrt().floor().cast(pl.Int64).clip(0, _AMOUNTS - 1)
    age = _AGES - 1 - age if order.age_up else age
    amount = _AMOUNTS - 1 - amount if order.amount_up else amount
    return age * _AMOUNTS + amount


def _rule(strategy: Strategy, frame: pl.DataFrame) -> pl.Series:
    """``stage/golden work/call``: the rows that gave the phase and the treatment.

    Looked up by one number for all of them together, as there are few combinations and many loans.
    """
    asked = [t for t in strategy.tables if not t.counts_all and {"phase", "treatment"} & {c.name.id for c in t.outputs}]
    rows = [["", *(f"{t.id}/{r.id}" for r in t.rows)] for t in asked]
    names = pl.Series([" ".join(filter(None, parts)) for parts in product(*rows)], dtype=pl.String)
    index = pl.lit(0, dtype=pl.UInt32)
    for table in asked:
        index = index * (len(table.rows) + 1) + (pl.col(compiling.fired(table)) + 1).fill_null(0)
    return frame.select(pl.lit(names).gather(index.cast(pl.UInt32)).alias("rule")).to_series()
