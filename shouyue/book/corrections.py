"""Payments the lender deletes or words anew: nothing is edited, each step is a row with the day it was known.

The lender changes payment P in his core. In the book P stays as it was; ``P~1x`` takes it back, booked on the delta's
day; ``P~2`` says it anew, known from that day on. So a question as known on an earlier day has the earlier answer. A
payment that is deleted has its ``x`` and no further wording, until the lender sends it again. ``~`` and a number at the
end of a payment's number are ours; a lender's own that look so are refused.

Frames as in ``news``.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from shouyue.book import faults
from shouyue.book.joining import alike, refused
from shouyue.book.news import Merged
from shouyue.book.schema import TABLES
from shouyue.book.staging import NOWHERE, PLACE

PAYMENTS = TABLES["payments"]
_OURS = r"^(.+)~(\d+)(x?)$"

#: a payment known under one loan that now comes under another: its new row, and the number of the wording it gets
MOVED = pl.DataFrame(schema={"_file": pl.UInt32, "_line": pl.Int64, "_n": pl.Int64})
#: payments to be taken back because they moved away
LEAVING = pl.DataFrame(schema={"loan_id": pl.String, "_base": pl.String})


def lenders_number(column: str = "payment_id") -> pl.Expr:
    """The number as the lender knows it, of whatever wording."""
    return pl.coalesce(pl.col(column).str.extract(_OURS, 1), pl.col(column))


def live(payments: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The newest wording of each payment: its row, ``_base``, ``_n``, ``_taken`` (what others took back of it, minor
    units) and ``_dead`` (we took it back)."""
    told = payments.with_columns(
        lenders_number().alias("_base"),
        pl.col("payment_id").str.extract(_OURS, 2).cast(pl.Int64).fill_null(1).alias("_n"),
        (pl.col("payment_id").str.extract(_OURS, 3) == "x").fill_null(False).alias("_ours"),
    )
    back = told.filter(pl.col("reversal_of").is_not_null())
    # what a reversal is still worth, after what we took back of it
    given_back = back.filter("_ours").group_by("loan_id", "reversal_of").agg(_back=pl.col("amount_minor").sum())
    back = back.filter(~pl.col("_ours")).join(
        given_back, left_on=["loan_id", "payment_id"], right_on=["loan_id", "reversal_of"], how="left"
    )
    worth = pl.col("amount_minor") - pl.col("_back").fill_null(0)
    taken = back.group_by("loan_id", "reversal_of").agg(worth.sum().alias("_taken"))
    newest = told.filter(~pl.col("_ours")).sort("_n", maintain_order=True).unique(by, keep="last", maintain_order=True)
    return (
        newest.join(
            taken, left_on=["loan_id", "payment_id"], right_on=["loan_id", "reversal_of"], how="left",
            maintain_order="left",
        )
        .join(
            given_back, left_on=["loan_id", "payment_id"], right_on=["loan_id", "reversal_of"], how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("_taken").fill_null(0), pl.col("_back").is_not_null().alias("_dead"))
        .drop("_ours", "_back")
    )  # fmt: skip


def merged(
    old: pl.DataFrame,
    new: pl.DataFrame,
    day: date,
    reverse: bool,
    moved: pl.DataFrame,
    leaving: pl.DataFrame,
    out: list[pl.DataFrame],
) -> Merged:
    """The payments of a shard with the new ones. ``reverse``: changed payments are worded anew, else refused.

    ``moved`` and ``leaving`` as their constants say, of this shard.
    """
    new = _numbered_by_lender(new, out)
    touched = pl.concat([new["payment_id"], new["reversal_of"].drop_nulls(), leaving["_base"]])
    now = live(_about(old, touched), ["loan_id", "_base"])
    gone, said = new.filter(pl.col("_gone")), new.filter(~pl.col("_gone"))
    come = said.join(moved, on=["_file", "_line"], how="inner", maintain_order="left")
    said = said.join(moved, on=["_file", "_line"], how="anti", maintain_order="left")
    beside = said.join(
        now.drop(*PLACE), left_on=["loan_id", "payment_id"], right_on=["loan_id", "_base"],
        how="inner", suffix="_kept", maintain_order="left",
    )  # fmt: skip
    fresh = said.join(beside.select("_file", "_line"), on=["_file", "_line"], how="anti", maintain_order="left")
    same = _same()
    known = beside.filter(same & ~pl.col("_dead"))
    other = beside.filter(~same | pl.col("_dead"))
    free = _free("reversal_of_kept") if reverse else pl.lit(False)
    out.append(refused(other.filter(~free), PAYMENTS, "payment_id", _why_not(reverse)))
    anew = other.filter(free)
    taken_back = anew.filter(~pl.col("_dead")).select("loan_id", pl.col("payment_id").alias("_base"))
    going, idle = _going(gone, now)
    ours = _take_back(now, pl.concat([taken_back, going.select("loan_id", "_base"), leaving]), day)
    worded = pl.concat([_worded(anew.with_columns(_n=pl.col("_n") + 1), new, day), _worded(come, new, day)])
    rows = _pointed(pl.concat([old, fresh, worded]), now, worded)
    settled = pl.concat([known.select(new.columns), gone])
    return Merged(
        pl.concat([rows, ours]),
        settled,
        known=known.height + idle,
        replaced=worded.height,
        deleted=going.height,
        removed=going.height,
        changed=ours.height > 0,
    )


def _about(old: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """The payments of these numbers, what takes them back, and what takes that back."""
    base, of = lenders_number(), lenders_number("reversal_of")
    near = old.filter(base.is_in(numbers.implode()) | of.is_in(numbers.implode()))
    known = near.select(base).to_series()
    return old.filter(base.is_in(known.implode()) | of.is_in(known.implode()))


def _free(kept: str) -> pl.Expr:
    """May a payment be worded anew: nothing was taken back of it, and neither wording is itself a reversal?"""
    untouched = (pl.col("_taken") == 0) & pl.col("reversal_of").is_null() & pl.col(kept).is_null()
    return pl.col("_dead") | untouched


def _why_not(reverse: bool) -> pl.Expr:
    taken = pl.lit(reverse) & (pl.col("_taken") > 0)
    return pl.when(taken).then(faults.TAKEN_ALREADY).otherwise(faults.BOOK_CONFLICT)


def _numbered_by_lender(new: pl.DataFrame, out: list[pl.DataFrame]) -> pl.DataFrame:
    like_ours = new["payment_id"].str.contains(_OURS)
    if not like_ours.any():
        return new
    out.append(refused(new.filter(like_ours), PAYMENTS, "payment_id", faults.LIKE_OURS))
    return new.filter(~like_ours)


def _same() -> pl.Expr:
    """Does a row say what the newest wording says? The booking day of a later wording is ours, and which wording a
    reversal takes back is not the lender's to say."""
    plain = alike(PAYMENTS, ["loan_id", "payment_id", "booked_on", "reversal_of"])
    booked = (pl.col("_n") > 1) | pl.col("booked_on").eq_missing(pl.col("booked_on_kept"))
    return plain & booked & pl.col("reversal_of").eq_missing(lenders_number("reversal_of_kept"))


def _going(gone: pl.DataFrame, now: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Deletions that find money to take back, and how many do not."""
    left = now.filter(~pl.col("_dead") & (pl.col("amount_minor") > pl.col("_taken")))
    going = gone.rename({"payment_id": "_base"}).join(
        left.select("loan_id", "_base"), on=["loan_id", "_base"], how="semi", maintain_order="left"
    )
    return going, gone.height - going.height


def _take_back(now: pl.DataFrame, which: pl.DataFrame, day: date) -> pl.DataFrame:
    """Our own reversals, of all that is left of each payment."""
    back = now.join(which.unique(), on=["loan_id", "_base"], how="semi", maintain_order="left")
    return back.select(
        pl.format("{}~{}x", "_base", "_n").alias("payment_id"),
        "loan_id",
        "value_date",
        pl.max_horizontal("booked_on", pl.lit(day)).alias("booked_on"),
        pl.col("amount_minor") - pl.col("_taken"),
        "channel",
        pl.col("payment_id").alias("reversal_of"),
        *NOWHERE,
    )


def _worded(rows: pl.DataFrame, new: pl.DataFrame, day: date) -> pl.DataFrame:
    return rows.with_columns(
        pl.format("{}~{}", "payment_id", "_n").alias("payment_id"),
        pl.max_horizontal("booked_on", pl.lit(day)).alias("booked_on"),
    ).select(new.columns)


def _pointed(rows: pl.DataFrame, now: pl.DataFrame, worded: pl.DataFrame) -> pl.DataFrame:
    """New reversals take back the newest wording of what they name."""
    newest = pl.concat(
        [
            now.select("loan_id", "_base", pl.col("payment_id").alias("_newest")),
            worded.select("loan_id", lenders_number().alias("_base"), pl.col("payment_id").alias("_newest")),
        ]
    ).unique(["loan_id", "_base"], keep="last", maintain_order=True)
    newest = newest.filter(pl.col("_base") != pl.col("_newest"))
    if newest.height == 0:
        return rows
    joined = rows.join(
        newest, left_on=["loan_id", "reversal_of"], right_on=["loan_id", "_base"], how="left", maintain_order="left"
    )
    pointed = pl.when(pl.col("_file").is_not_null()).then(pl.coalesce("_newest", "reversal_of"))
    return joined.with_columns(pointed.otherwise(pl.col("reversal_of")).alias("reversal_of")).drop("_newest")


def elsewhere(rows: pl.DataFrame, old: pl.DataFrame, reverse: bool) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """New rows whose payment the book has under another loan: ``MOVED``, ``LEAVING`` and refusals.

    ``old`` are all wordings of the payments in ``rows``, of all shards.
    """
    now = live(old, ["_base"]).select(
        "_base",
        pl.col("loan_id").alias("_other"),
        pl.col("reversal_of").alias("_of"),
        pl.col("_n").alias("_last"),
        "_taken",
        "_dead",
    )
    beside = rows.join(now, left_on="payment_id", right_on="_base", how="inner", maintain_order="left")
    beside = beside.filter(pl.col("loan_id") != pl.col("_other"))
    free = ~pl.col("_gone") & _free("_of") if reverse else pl.lit(False)
    moves = beside.filter(free)
    leaving = moves.filter(~pl.col("_dead"))
    return (
        moves.select("_file", "_line", _n=pl.col("_last") + 1),
        leaving.select(pl.col("_other").alias("loan_id"), pl.col("payment_id").alias("_base")),
        refused(beside.filter(~free), PAYMENTS, "payment_id", _why_not(reverse)),
    )
