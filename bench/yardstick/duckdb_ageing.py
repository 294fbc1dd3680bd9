"""Ageing as DuckDB SQL: every column of the output, a shard at a time, each written to Parquet.

The loan's number stands for its name; a whole book at once took half as long again. It knows the
default convention only, and neither charges nor reversals of reversals.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from shouyue.ageing.columns import SCHEMA
from shouyue.ageing.convention import load
from shouyue.book.store import Version
from yardstick.polars_ageing import DATES, EPOCH, NEVER, before

SQL = """
copy (with i as (
  select loan_ix, due_date - date '1970-01-01' as due, amount_minor as amount,
         least(coalesce(fee_minor, 0), amount_minor) as fee,
         least(coalesce(interest_minor, 0), amount_minor - least(coalesce(fee_minor, 0), amount_minor)) as interest,
         sum(amount_minor) over w as owed, row_number() over w as place
  from read_parquet('{instalments}') window w as (partition by loan_ix order by due_date, seq, version)
), taken as (
  select reversal_of, sum(amount_minor) as amount from read_parquet('{payments}')
  where reversal_of is not null group by 1
), p as (
  select loan_ix, value_date - date '1970-01-01' as day,
         sum(greatest(p.amount_minor - coalesce(taken.amount, 0), 0)) as amount
  from read_parquet('{payments}') p left join taken on taken.reversal_of = p.payment_id
  where p.reversal_of is null and value_date <= date '{as_of}' group by 1, 2 having amount > 0
), c as (
  select loan_ix, day, amount, sum(amount) over (partition by loan_ix order by day) as paid from p
), t as (
  select loan_ix, max(paid) as total, max(day) as last_on, arg_max(amount, day) as last_amount from c group by 1
), met as (
  select i.*, coalesce(c.day, {never}) as met from i asof left join c on i.loan_ix = c.loan_ix and i.owed <= c.paid
), s as (
  select met.*, greatest(0, least(amount, owed - coalesce(total, 0))) as open,
         max(met) over (partition by met.loan_ix order by place rows between unbounded preceding and 1 preceding)
           as met_before
  from met left join t on t.loan_ix = met.loan_ix
), r as (
  select s.*, amount - open as done, least(met, {today}) - due as lateness, least(met - 1, {today}) as until,
         greatest(coalesce(met_before, due + 1), due + 1) as since,
         min(due) filter (where open > 0 and due >= {today}) over (partition by loan_ix) as next_due
  from s
), reign as (
  select loan_ix, due, since, until, lag(until) over (partition by loan_ix order by place) as last_end
  from r where due < {today} and since <= until
), spell as (
  select loan_ix, max(until) as ended, max(since) filter (where last_end is null or since > last_end + 1) as began,
    max(last_end) filter (where since > last_end + 1) + 1 as cured_before,
    max(until - due) filter (where until > {after_3m}) as worst_3m,
    max(until - due) filter (where until > {after_6m}) as worst_6m,
    max(until - due) filter (where until > {after_12m}) as worst_12m
  from reign group by loan_ix
), l as (
  select loan_ix,
    coalesce(sum(open) filter (where due < {today}), 0) as overdue_minor,
    min(due) filter (where due < {today} and open > 0) as oldest,
    any_value(next_due) as next_due,
    coalesce(sum(open) filter (where due = next_due), 0) as next_due_minor,
    sum(open) as outstanding_minor,
    sum(greatest(0, interest - greatest(0, done - fee))) as interest,
    sum(greatest(0, fee - done)) as fee,
    count(*) filter (where due <= {today}) as instalments_due,
    count(*) filter (where open = 0) as instalments_paid,
    count(*) filter (where due < {today} and open > 0) as instalments_late,
    count(*) filter (where due <= {today} and lateness > 0) as times_late,
    list(lateness order by place desc) filter (where due <= {today}) as newest,
    min(due) as first_due, max(due) as last_due, max(owed) as owed
  from r group by loan_ix
), whole as (
  select loans.loan_id, loans.customer_id, coalesce({today} - oldest, 0) as dpd, {bucket} as bucket, overdue_minor,
    oldest as oldest_unpaid_due, next_due, next_due_minor, outstanding_minor,
    outstanding_minor - interest - fee as outstanding_principal_minor, interest as outstanding_interest_minor,
    fee as outstanding_fee_minor, 0 as outstanding_penalty_minor, 0 as outstanding_late_fee_minor,
    instalments_due, instalments_paid, instalments_late, last_on as last_payment_on,
    coalesce(last_amount, 0) as last_payment_minor, coalesce(worst_3m, 0) as worst_dpd_3m,
    coalesce(worst_6m, 0) as worst_dpd_6m, coalesce(worst_12m, 0) as worst_dpd_12m, times_late,
    newest[1] as late_1, newest[2] as late_2, newest[3] as late_3, newest[4] as late_4, newest[5] as late_5,
    newest[6] as late_6, dpd as past_due_days, case when ended = {today} then began end as delinquent_since,
    oldest as delinquent_date, case when ended = {today} then cured_before else ended + 1 end as cured_on,
    next_due - {today} as days_to_due, greatest(0, coalesce(total, 0) - owed) as credit_minor, first_due, last_due,
    coalesce(total, 0) as paid_total_minor, null as customer_dpd, file_row_number
  from read_parquet('{loans}', file_row_number = true) loans left join l on l.loan_ix = loans.file_row_number
    left join spell on spell.loan_ix = l.loan_ix left join t on t.loan_ix = l.loan_ix
)
select {columns} from whole order by file_row_number) to '{out}' (format parquet, compression lz4)
"""


def snapshot(version: Version, as_of: date, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    today = (as_of - EPOCH).days
    after = {f"after_{months}m": (before(as_of, months) - EPOCH).days for months in (3, 6, 12)}
    paths = []
    for ix in range(version.shards):
        paths.append(folder / f"shard-{ix:04d}.parquet")
        given = {name: version.shard_file(name, ix) for name in ("loans", "instalments", "payments")}
        given |= {"as_of": as_of, "today": today, "never": NEVER, "bucket": _bucket(), "out": paths[-1]}
        duckdb.execute(SQL.format(**given, **after, columns=", ".join(map(_cast, SCHEMA.names))))
    return paths


def _cast(name: str) -> str:
    if name in DATES:
        return f"date '1970-01-01' + cast({name} as integer) as {name}"
    if name in ("loan_id", "customer_id", "bucket"):
        return name
    return f"cast({name} as {'bigint' if name.endswith('_minor') else 'integer'}) as {name}"


def _bucket() -> str:
    buckets = load("default").buckets
    stages = " ".join(f"when dpd <= {stage.to} then '{stage.label}'" for stage in buckets[:-1])
    return f"case {stages} else '{buckets[-1].label}' end"
