"""The floor, and the work of ageing done by two column engines, shard by shard.

Both engines are given what an engineer who knows the book would give them: a shard at a time (whole books were slower
in both, and do not fit memory), the loan's number for its name, and to Polars the order in which rows are stored, so
that running sums and one as-of join over the whole shard take the place of windows per loan.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import polars as pl

from shouyue.book.store import Version
from yardstick.loanbook import AS_OF

Totals = tuple[int, ...]
TOTALS = ("dpd", "overdue_minor", "next_due_minor", "outstanding_minor", "times_late", "worst_dpd_12m")
#: what ageing reads of a book without charges, under the default convention, with all knowledge
READ = {
    "loans": ("loan_id", "customer_id"),
    "instalments": ("loan_ix", "due_date", "amount_minor", "fee_minor", "interest_minor"),
    "payments": ("loan_ix", "value_date", "amount_minor", "reversal_of", "payment_id"),
}
EPOCH = date(1970, 1, 1)
#: more than any loan's money, and more than any day: what keeps loans apart in one running key
ROOM_MONEY, ROOM_DAYS = 2**42, 2**24


def files(version: Version, table: str) -> list[str]:
    return [str(version.shard_file(table, ix)) for ix in range(version.shards)]


def floor_duckdb(version: Version) -> None:
    for table, columns in READ.items():
        asked = ", ".join(f"max({c})" for c in columns)
        duckdb.execute(f"select {asked} from read_parquet({files(version, table)!r})").fetchall()


def floor_polars(version: Version) -> None:
    for table, columns in READ.items():
        pl.scan_parquet(files(version, table)).select(pl.col(columns).max()).collect()


def by_duckdb(version: Version) -> Totals:
    return _sum(_shard_by_duckdb(version, ix) for ix in range(version.shards))


def by_polars(version: Version) -> Totals:
    return _sum(_shard_by_polars(version, ix) for ix in range(version.shards))


def _sum(shards: Any) -> Totals:
    return tuple(int(sum(column)) for column in zip(*shards, strict=True))


SQL = """
with i as (
  select loan_ix, due_date, amount_minor, seq,
         sum(amount_minor) over w as owed, row_number() over w as place
  from read_parquet('{instalments}') window w as (partition by loan_ix order by due_date, seq, version)
), taken as (
  select reversal_of, sum(amount_minor) as amount from read_parquet('{payments}')
  where reversal_of is not null group by 1
), p as (
  select loan_ix, value_date, sum(greatest(p.amount_minor - coalesce(taken.amount, 0), 0)) as amount
  from read_parquet('{payments}') p left join taken on taken.reversal_of = p.payment_id
  where p.reversal_of is null and value_date <= date '{as_of}' group by 1, 2 having amount > 0
), c as (
  select loan_ix, value_date, sum(amount) over (partition by loan_ix order by value_date) as paid,
         sum(amount) over (partition by loan_ix) as total from p
), met as (
  select i.*, c.value_date as met_on from i asof left join c on i.loan_ix = c.loan_ix and i.owed <= c.paid
), t as (select distinct loan_ix, total from c
), s as (
  select met.*, greatest(0, least(amount_minor, owed - coalesce(total, 0))) as open_minor,
         max(coalesce(met_on, date '9999-01-01')) over
           (partition by met.loan_ix order by place rows between unbounded preceding and 1 preceding) as before
  from met left join t on t.loan_ix = met.loan_ix
), r as (
  select s.*, least(coalesce(met_on - 1, date '{as_of}'), date '{as_of}') as until,
         greatest(coalesce(before, due_date + 1), due_date + 1) as since,
         min(due_date) filter (where open_minor > 0 and due_date >= date '{as_of}') over (partition by loan_ix)
           as next_due
  from s
), loan as (
  select loan_ix,
    max(case when open_minor > 0 and due_date < date '{as_of}' then date '{as_of}' - due_date else 0 end) as dpd,
    sum(case when due_date < date '{as_of}' then open_minor else 0 end) as overdue_minor,
    sum(case when due_date = next_due then open_minor else 0 end) as next_due_minor,
    sum(open_minor) as outstanding_minor,
    sum(case when due_date <= date '{as_of}' and coalesce(met_on, date '{as_of}') > due_date then 1 else 0 end)
      as times_late,
    max(case when due_date < date '{as_of}' and since <= until and until > date '{as_of}' - interval 12 month
      then until - due_date else 0 end) as worst_dpd_12m
  from r group by loan_ix
)
select {totals} from loan
"""


def _shard_by_duckdb(version: Version, ix: int) -> Totals:
    text = SQL.format(
        instalments=version.shard_file("instalments", ix),
        payments=version.shard_file("payments", ix),
        as_of=AS_OF,
        totals=", ".join(f"sum({name})" for name in TOTALS),
    )
    return tuple(int(v) for v in duckdb.execute(text).fetchone() or ())


def _first_of_loan() -> pl.Expr:
    return pl.col("loan_ix") != pl.col("loan_ix").shift(1).fill_null(-1)


def _running(amount: str) -> pl.Expr:
    """Sum so far within the loan: the sum of the shard less what it was before the loan began."""
    total = pl.col(amount).cum_sum()
    return total - pl.when(_first_of_loan()).then(total - pl.col(amount)).forward_fill()


def _key(room: int, value: str) -> pl.Expr:
    """Rises through the whole shard as ``value`` rises through each loan."""
    return pl.col("loan_ix").cast(pl.Int64) * room + pl.col(value)


def _paid(version: Version, ix: int) -> pl.LazyFrame:
    """Each payment that counts, with what its loan has paid up to it."""
    payments = pl.scan_parquet(version.shard_file("payments", ix))
    taken = (
        payments.filter(pl.col("reversal_of").is_not_null())
        .group_by("reversal_of")
        .agg(taken=pl.col("amount_minor").sum())
    )
    return (
        payments.filter(pl.col("reversal_of").is_null() & (pl.col("value_date") <= pl.lit(AS_OF)))
        .join(taken, left_on="payment_id", right_on="reversal_of", how="left", maintain_order="left")
        .with_columns(net=(pl.col("amount_minor") - pl.col("taken").fill_null(0)).clip(lower_bound=0))
        .filter(pl.col("net") > 0)
        .select("loan_ix", pl.col("value_date").to_physical().alias("met_on"), paid=_running("net"))
        .with_columns(key=_key(ROOM_MONEY, "paid"))
    )


def _states(version: Version, ix: int) -> pl.LazyFrame:
    """Each instalment: open, met on, and the days on which it was the oldest unpaid one."""
    today, never = (AS_OF - EPOCH).days, ROOM_DAYS - 1
    paid = _paid(version, ix)
    totals = paid.group_by("loan_ix", maintain_order=True).agg(total=pl.col("paid").last())
    met_by_then = (pl.col("key_of_met").cum_max().shift(1) - pl.col("loan_ix").cast(pl.Int64) * ROOM_DAYS).cast(
        pl.Int32
    )
    return (
        pl.scan_parquet(version.shard_file("instalments", ix))
        .select("loan_ix", "amount_minor", due=pl.col("due_date").to_physical())
        .with_columns(owed=_running("amount_minor"))
        .with_columns(key=_key(ROOM_MONEY, "owed"))
        .set_sorted("key")
        .join_asof(paid.select("key", "met_on", payer="loan_ix").set_sorted("key"), on="key", strategy="forward")
        .join(totals, on="loan_ix", how="left", maintain_order="left")
        .with_columns(
            met=pl.when(pl.col("payer") == pl.col("loan_ix")).then("met_on").fill_null(never),
            open=pl.min_horizontal("amount_minor", pl.col("owed") - pl.col("total").fill_null(0)).clip(lower_bound=0),
        )
        .with_columns(key_of_met=_key(ROOM_DAYS, "met"))
        .with_columns(before=pl.when(~_first_of_loan()).then(met_by_then))
        .with_columns(
            since=pl.max_horizontal("before", pl.col("due") + 1),
            until=pl.min_horizontal(pl.col("met") - 1, pl.lit(today)),
        )
    )


def _shard_by_polars(version: Version, ix: int) -> Totals:
    today, year_ago = (AS_OF - EPOCH).days, (AS_OF.replace(year=AS_OF.year - 1) - EPOCH).days
    is_next = (pl.col("open") > 0) & (pl.col("due") >= today)
    late = pl.col("due") < today
    in_window = late & (pl.col("since") <= pl.col("until")) & (pl.col("until") > year_ago)
    loans = (
        _states(version, ix)
        .group_by("loan_ix")
        .agg(
            dpd=(today - pl.col("due").filter(late & (pl.col("open") > 0)).min()).fill_null(0),
            overdue_minor=pl.col("open").filter(late).sum(),
            next_due_minor=pl.col("open")
            .filter(is_next & (pl.col("due") == pl.col("due").filter(is_next).min()))
            .sum(),
            outstanding_minor=pl.col("open").sum(),
            times_late=((pl.col("due") <= today) & (pl.min_horizontal("met", pl.lit(today)) > pl.col("due"))).sum(),
            worst_dpd_12m=(pl.col("until") - pl.col("due")).filter(in_window).max().fill_null(0),
        )
    )
    row: Any = loans.select(pl.col(TOTALS).cast(pl.Int64).sum()).collect().row(0)
    return tuple(int(v) for v in row)
