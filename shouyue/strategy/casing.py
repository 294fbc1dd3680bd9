"""Cases: the work on one person over all his loans."""

from __future__ import annotations

import polars as pl

from shouyue.base import settings
from shouyue.strategy.vocabulary import currency_word
from shouyue.strategy.words import amount_text

#: taken from the loan that leads the case
_LEAD = ("phase", "segment", "stage", "treatment", "priority", "best_time", "hold", "left_alone")
_LEAD += ("channel", "whom", "attempts", "rule", "currency")
_RANK = {"collection": 0, "reminder": 1}
_PLACE = ("store", "region", "product")


def cases(decided: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """One row per person with work, sorted by priority (high first) and customer_id.

    ``decided`` and ``features`` hold all loans of each person (several parts put together, in any order). Collection
    wins over reminder; then the loan of the highest priority leads and gives phase, segment, stage, treatment,
    priority, best_time, hold, left_alone, channel, whom, attempts, rule, currency, store, region, product and
    ``lead_loan``. ``loans`` lists the person's loans that are worked, are overdue or fall due within seven days, the
    leading one first. ``overdue_minor`` and ``due_minor`` (worked reminders) sum those in the leading loan's currency;
    ``dpd`` and ``bucket`` are the person's worst, ``next_due`` his next; ``minutes`` is the longest of his loans' plus
    one for each further one.
    """
    rows = _rows(decided, features)
    keys = pl.col("customer_id")
    lead = rows.group_by(keys, maintain_order=True).first()
    same = pl.col("currency") == pl.col("currency").first()
    late, due = pl.col("overdue_minor") > 0, pl.col("phase") == "reminder"
    sums = rows.group_by(keys, maintain_order=True).agg(
        pl.col("loan_id").alias("loans"),
        pl.col("overdue_minor").filter(same).sum().alias("overdue_minor"),
        pl.col("next_due_minor").filter(same & due).sum().alias("due_minor"),
        pl.col("dpd").max().alias("dpd"),
        pl.col("bucket").sort_by("dpd", "loan_id").last().alias("bucket"),
        pl.col("next_due").min().alias("next_due"),
        (pl.col("minutes").max() + (pl.col("minutes") > 0).sum().cast(pl.Int64) - 1).clip(0).alias("minutes"),
        late.sum().cast(pl.Int64).alias("late_loans"),
        due.sum().cast(pl.Int64).alias("due_loans"),
        pl.col("loan_id").filter(due & same).len().cast(pl.Int64).alias("due_same"),
    )
    told = lead.select("customer_id", pl.col("loan_id").alias("lead_loan"), *_LEAD, *_PLACE, "reason_zh", "reason_en")
    found = told.join(sums, on="customer_id", how="left", maintain_order="left")
    found = found.with_columns(_reasons(found)).drop("late_loans", "due_loans", "due_same")
    return found.sort(["priority", "customer_id"], descending=[True, False])


def _rows(decided: pl.DataFrame, features: pl.DataFrame) -> pl.DataFrame:
    """Loans that belong to a case, each person's leading loan first."""
    money = ("dpd", "bucket", "overdue_minor", "next_due_minor", "next_due", "days_to_due", "currency", *_PLACE)
    people = decided.lazy().filter(pl.col("phase").is_not_null()).select("customer_id").unique()
    rows = decided.lazy().join(people, on="customer_id", how="semi")
    rows = rows.join(features.lazy().select("loan_id", *money), on="loan_id", how="left")
    matters = pl.col("phase").is_not_null() | (pl.col("overdue_minor") > 0) | pl.col("days_to_due").is_between(0, 7)
    return (
        rows.filter(matters.fill_null(value=False))
        .with_columns(
            pl.col("currency").fill_null(settings.currency()),
            pl.col("phase")
            .replace_strict({"collection": 0, "reminder": 1}, default=2, return_dtype=pl.Int8)
            .alias("rank"),
        )
        .sort(["customer_id", "rank", "priority", "loan_id"], descending=[False, False, True, False])
        .collect()
    )


def _reasons(found: pl.DataFrame) -> list[pl.Series]:
    """The leading loan's reason, with a sum over the others where there are any."""
    zh: list[pl.Series] = [found["reason_zh"]]
    en: list[pl.Series] = [found["reason_en"]]
    currencies = found["currency"].unique().sort().to_list()
    overdue, due = _amounts(found, "overdue_minor", currencies), _amounts(found, "due_minor", currencies)
    late, soon = pl.col("late_loans"), pl.col("due_loans")
    many_late = (pl.col("phase") == "collection") & (late > 1)
    many_due = (pl.col("phase") == "reminder") & (soon > 1)
    also_due = (pl.col("phase") == "collection") & (soon > 0)

    def part(when: pl.Expr, *text: pl.Expr | str) -> pl.Series:
        pieces = [pl.lit(t) if isinstance(t, str) else t for t in text]
        return found.select(pl.when(when).then(pl.concat_str(pieces)).alias("part")).to_series()

    zh += [
        part(many_late, "共", late, "笔逾期，合计 ", pl.lit(overdue["zh"])),
        part(many_due, "共", soon, "笔近期到期，合计 ", pl.lit(due["zh"])),
        part(also_due, "另有", soon, "笔近期到期，", pl.lit(due["zh"])),
    ]
    en += [
        part(many_late, late, " loans late, ", pl.lit(overdue["en"]), " in all"),
        part(many_due, soon, " loans due soon, ", pl.lit(due["en"]), " in all"),
        part(
            also_due,
            soon,
            pl.when(soon == 1).then(pl.lit(" more loan")).otherwise(pl.lit(" more loans")),
            " due soon, ",
            pl.lit(due["en"]),
        ),
    ]
    return [_joined("reason_zh", zh, "；"), _joined("reason_en", en, "; ")]


def _joined(name: str, parts: list[pl.Series], separator: str) -> pl.Series:
    whole = pl.concat_str([pl.lit(p) for p in parts], separator=separator, ignore_nulls=True)
    return pl.select(whole.alias(name)).to_series()


def _amounts(found: pl.DataFrame, column: str, currencies: list[str]) -> dict[str, pl.Series]:
    texts = {c: amount_text(found[column], c) for c in currencies}
    zh = [pl.when(found["currency"] == c).then(t + f" {currency_word(c)}") for c, t in texts.items()]
    en = [pl.when(found["currency"] == c).then(f"{c} " + t) for c, t in texts.items()]
    if not currencies:
        empty = pl.Series([], dtype=pl.String)
        return {"zh": empty, "en": empty}
    return {
        "zh": pl.select(pl.coalesce(zh)).to_series(),
        "en": pl.select(pl.coalesce(en)).to_series(),
    }
