"""What changes on the desk today: cases opened, continued and closed, and what their timelines say about it.

Pure: two tables in (what is open, what the strategy decided), tables out. publishing.py writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from shouyue.casework.models import Case, Phase, TimelineEntry
from shouyue.daily.allocation import Rep, Share, Work, allocate

Kind, Reason = TimelineEntry.Kind, Case.CloseReason

#: open cases, and those that this day has closed already when it is published again
BEFORE = {
    "case_id": pl.Int64,
    "customer_id": pl.String,
    "status": pl.String,
    "as_of": pl.Date,
    "opened_on": pl.Date,
    "phase": pl.String,
    "segment": pl.String,
    "next_due": pl.Date,
    "store": pl.String,
    "placed": pl.Boolean,
    "assignee_id": pl.Int64,
    "assigned_on": pl.Date,
    "assigned_because_zh": pl.String,
    "assigned_because_en": pl.String,
}
#: longest payment number that fits a timeline's ref as it is
_REF = 90


@dataclass(frozen=True)
class Changes:
    """``cases``: all that are open from today, ``case_id`` null on new ones, ``inflow`` true where collection begins.

    ``closing``: case_id, customer_id, store, close_reason.
    """

    cases: pl.DataFrame
    closing: pl.DataFrame


def changes(before: pl.DataFrame, decided: pl.DataFrame, people: pl.DataFrame) -> Changes:
    """Which cases open, go on and close. Columns of ``before`` come in as ``was_…``."""
    open_ = before.filter(pl.col("status") == Case.Status.OPEN.value)
    was = open_.rename({n: f"was_{n}" for n in open_.columns if n not in ("case_id", "customer_id")})
    cases = decided.join(was, on="customer_id", how="left", maintain_order="left")
    collection = pl.col("phase") == Phase.COLLECTION.value
    cases = cases.with_columns(
        (collection & (pl.col("was_phase").fill_null("") != Phase.COLLECTION.value)).alias("inflow")
    )
    closing = open_.join(decided, on="customer_id", how="anti").join(
        people, on="customer_id", how="left", suffix="_now"
    )
    return Changes(cases, closing.select("case_id", "customer_id", "store", _reason().alias("close_reason")))


def _reason() -> pl.Expr:
    """Why a case without work ends. A case of the reminder is paid when its due date is met; on the day itself, and
    where the strategy lost interest in what is still owed, it ends without a judgement."""
    met = pl.col("next_due_now").is_null() | (pl.col("next_due_now") > pl.col("next_due"))
    return (
        pl.when(pl.col("outstanding_minor").is_null())
        .then(pl.lit(Reason.WITHDRAWN.value))
        .when(pl.col("outstanding_minor") <= 0)
        .then(pl.lit(Reason.SETTLED.value))
        .when((pl.col("dpd") > 0) | (pl.col("overdue_minor") > 0))
        .then(pl.lit(Reason.NO_WORK.value))
        .when(pl.col("phase") == Phase.COLLECTION.value)
        .then(pl.lit(Reason.CURED.value))
        .when(met.fill_null(value=False))
        .then(pl.lit(Reason.PAID.value))
        .otherwise(pl.lit(Reason.NO_WORK.value))
    )


def allocated(cases: pl.DataFrame, last_rep: dict[str, int], reps: list[Rep], as_of: date) -> pl.DataFrame:
    """``cases`` with assignee_id, assigned_on and the reason in words.

    ``last_rep`` is who had the customer's newest closed case, for cases that are new today. A case already published
    for the day is settled: publishing again moves nothing that has a rep at work. A case that an agency works keeps its
    rep, and takes none of his minutes.
    """
    works = [
        Work(
            key=customer,
            store=store,
            minutes=0 if placed else minutes,
            priority=priority,
            amount_minor=overdue + due,
            rep=last_rep.get(customer) if case_id is None else assignee,
            settled=case_id is not None and was_as_of == as_of,
            returns=case_id is None,
        )
        for customer, store, minutes, priority, overdue, due, case_id, assignee, was_as_of, placed in cases.select(
            *("customer_id", "store", "minutes", "priority", "overdue_minor", "due_minor"),
            *("case_id", "was_assignee_id", "was_as_of", "was_placed"),
        ).iter_rows()
    ]
    shares = allocate(works, reps)
    return cases.with_columns(_told([shares[c] for c in cases["customer_id"]], as_of))


def _told(shares: list[Share], as_of: date) -> list[pl.Series | pl.Expr]:
    rep = pl.Series("assignee_id", [s.rep for s in shares], dtype=pl.Int64)
    kept = pl.lit(pl.Series("kept", [s.kept for s in shares], dtype=pl.Boolean))
    same = pl.col("was_assignee_id").eq_missing(pl.lit(rep))
    today = pl.when(pl.lit(rep).is_not_null()).then(pl.lit(as_of))
    return [
        rep,
        pl.when(same).then(pl.col("was_assigned_on")).otherwise(today).alias("assigned_on"),
        *(
            pl.when(kept)
            .then(pl.col(f"was_assigned_because_{lang}"))
            .otherwise(pl.lit(pl.Series([getattr(s, lang) for s in shares], dtype=pl.String)))
            .fill_null("")
            .alias(f"assigned_because_{lang}")
            for lang in ("zh", "en")
        ),
    ]


def entries(plan: Changes, names: dict[int, str], as_of: date) -> pl.DataFrame:
    """Lines for the timelines, in the order in which they are to stand; ``names`` are the reps'."""
    cases = plan.cases.with_columns(
        pl.lit(as_of.isoformat()).alias("day"),
        pl.col("assignee_id").replace_strict(names, default="", return_dtype=pl.String).alias("taker_name"),
    )
    new, old = pl.col("case_id").is_null(), pl.col("case_id").is_not_null()
    amounts = ("overdue_minor", "due_minor", "currency", "dpd")
    parts = [
        _entry(
            cases.filter(new),
            Kind.OPENED,
            pl.lit("opened"),
            *(pl.col(n) for n in ("phase", "segment", "stage", "lead_loan", *amounts, "reason_zh", "reason_en")),
        ),
        _entry(
            cases.filter(old & (pl.col("phase") != pl.col("was_phase"))),
            Kind.PHASE,
            pl.format("phase:{}:{}", "day", "phase"),
            pl.col("was_phase").alias("from"),
            pl.col("phase").alias("to"),
            *(pl.col(n) for n in amounts),
        ),
        _entry(
            cases.filter(old & (pl.col("segment") != pl.col("was_segment"))),
            Kind.SEGMENT,
            pl.format("segment:{}:{}", "day", "segment"),
            pl.col("was_segment").alias("from"),
            pl.col("segment").alias("to"),
        ),
        _entry(
            cases.filter(
                pl.col("assignee_id").is_not_null() & ~pl.col("assignee_id").eq_missing(pl.col("was_assignee_id"))
            ),
            Kind.ALLOCATED,
            pl.format("allocated:{}:{}", "day", "assignee_id"),
            pl.col("was_assignee_id").alias("giver"),
            pl.col("assignee_id").alias("taker"),
            pl.col("taker_name"),
            pl.col("assigned_because_zh").alias("zh"),
            pl.col("assigned_because_en").alias("en"),
        ),
        _entry(
            plan.closing.with_columns(pl.lit(as_of.isoformat()).alias("day")),
            Kind.CLOSED,
            pl.lit("closed"),
            pl.col("close_reason").alias("reason"),
        ),
    ]
    return pl.concat(parts)


def paid_entries(own: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Lines for payments and reversals. ``own``: payments with the case (null: the new one) they belong to."""
    own = own.with_columns(
        pl.lit(as_of.isoformat()).alias("day"),
        pl.when(pl.col("payment_id").str.len_chars() <= _REF)
        .then("payment_id")
        .otherwise(pl.format("{}~{}", pl.col("payment_id").str.slice(0, 60), pl.col("payment_id").hash(seed=7)))
        .alias("number"),
    )
    return _entry(
        own,
        Kind.PAYMENT,
        pl.format("payment:{}", "number"),
        pl.col("payment_id").alias("payment"),
        pl.col("loan_id").alias("loan"),
        pl.col("amount_minor"),
        pl.col("currency"),
        pl.col("value_date").cast(pl.String),
        pl.col("booked_on").cast(pl.String),
        pl.col("channel"),
        pl.col("reversal_of"),
    )


def _entry(rows: pl.DataFrame, kind: TimelineEntry.Kind, ref: pl.Expr, *data: pl.Expr) -> pl.DataFrame:
    """Entries with ``data`` as JSON; ``as_of`` is always in it."""
    return rows.select(
        pl.col("case_id").cast(pl.Int64),
        pl.col("customer_id").cast(pl.String),
        pl.lit(kind.value).alias("kind"),
        ref.alias("ref"),
        pl.struct(*data, pl.col("day").alias("as_of")).struct.json_encode().alias("data"),
    )
