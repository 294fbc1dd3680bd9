"""A book held against what the lender's own system says of a day: every loan compared, the differing ones explained."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from shouyue.ageing.convention import Convention, load, shipped
from shouyue.ageing.customers import Customers, of_version
from shouyue.ageing.reconciling import comparing, stated
from shouyue.ageing.reconciling.cases import Chosen
from shouyue.ageing.reconciling.causes import Given, suspects, ways
from shouyue.ageing.reconciling.missing import absent, quarantined_loans
from shouyue.ageing.reconciling.stated import Stated
from shouyue.ageing.reconciling.terms import AMOUNTS, DIFFERENCES, FIELDS, NAMES, STATES
from shouyue.ageing.reconciling.trying import Court, Try
from shouyue.ageing.run import Progress, age_shard, check_day, each_shard
from shouyue.book.store import Book
from shouyue.book.stored import StoredBook

#: differing loans whose cause is looked for, agreeing ones that a way of counting must not contradict, and differing
#: loans that are kept by name: in all shards together
EXAMINED, WITNESSES, KEPT = 50_000, 2_000, 1_000_000
#: shards whose witnesses are asked
SHARDS_ASKED = 16
LOAN_COLUMNS = ("loan_id", "customer_id", "store", "product", "currency", "opened_on", "closed_on")
#: columns of the differences beside ``ours_*`` and ``theirs_*``
ABOUT = (
    "loan_id",
    "customer_id",
    "store",
    "product",
    "currency",
    "state",
    "cause",
    "evidence",
    "gap_minor",
    "gap_days",
)
EVIDENCE_SHOWN = 8


@dataclass(frozen=True)
class Reconciliation:
    """``summary`` is plain data for JSON (docs/reconciliation.md); ``differences`` a row per differing loan, with
    ``ABOUT``, ``differs`` (names of fields) and theirs and ours of every field, sorted by loan."""

    summary: dict[str, Any]
    differences: pl.DataFrame

    @property
    def agrees(self) -> bool:
        return self.summary["differing"] == 0


@dataclass
class _Shard:
    """What one shard comes to. ``fits`` are (loan, cause, evidence) that hold; ``witnesses`` late loans that agree."""

    states: pl.DataFrame
    fields: pl.DataFrame
    labels: Counter[str]
    differing: pl.DataFrame
    missing: pl.DataFrame
    examined: set[str] = field(default_factory=set)
    fits: list[tuple[str, str, str]] = field(default_factory=list)
    witnesses: pl.DataFrame | None = None


def reconcile(
    book: Book | StoredBook,
    as_of: date | None = None,
    convention: Convention | str = "default",
    known_at: date | None = None,
    examine: int = EXAMINED,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reconciliation:
    """Compare the newest statement of the lender's, or that of ``as_of``, with our ageing of the same version.

    Raises AGE-020 where nothing is stated, else as ``run.age_table``.
    """
    said = stated.find(book, as_of)
    if said is None:
        day = f" {as_of}" if as_of else ""
        raise stated.NOTHING_STATED.error(book=book.name, day=day)
    return of(said, convention, known_at, examine, workers, progress)


def of(
    said: Stated,
    convention: Convention | str = "default",
    known_at: date | None = None,
    examine: int = EXAMINED,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reconciliation:
    """The same of a statement that was found before."""
    check_day(said.day)
    rules = load(convention)
    version = said.version
    others = [load(name) for name in shipped()]
    named = [c for c in others if c.customer_dpd == "none"]
    given = Given(said.day, rules, ways(rules, said.day, named), version.currency)
    customers: Sequence[Customers | None] = [None] * version.shards
    if rules.customer_dpd != "none":
        customers = of_version(version, said.day, known_at, rules, workers or 2)
    witnesses_each, kept = (-(-n // version.shards) for n in (WITNESSES, KEPT))
    lost = quarantined_loans(version)

    def one(ix: int) -> _Shard:
        aged = age_shard(version, ix, said.day, known_at, rules, customers[ix])
        loans = version.read("loans", ix, list(LOAN_COLUMNS)).drop_columns(["customer_id"])
        loans = loans.append_column("customer_id", aged.column("customer_id"))
        both = comparing.beside(aged, loans, said.of_shard(ix), said.day, rules)
        both = both.with_columns(pl.col("currency").fill_null(version.currency))
        missing = absent(both.filter(pl.col("state").is_in(["only_theirs", "only_ours"])), said.day, lost)
        differing = both.filter(pl.col("state") == "different").sort("row")
        shard = _Shard(_by_state(both), _by_field(both), _labels(both), differing.head(kept), missing.head(kept))
        late = pl.max_horizontal("ours_dpd", "theirs_dpd") > 0
        shard.witnesses = both.filter((pl.col("state") == "agreed") & late).head(witnesses_each).sort("row")
        return shard

    found = list(each_shard(version, one, workers, progress))
    limits = shares([0 if rules.customer_dpd == "effective" else s.differing.height for s in found], examine)

    def explained(ix: int) -> None:
        some = found[ix].differing.head(limits[ix])
        if some.height:
            _explain(said, ix, found[ix], some, given, known_at)

    for _ in each_shard(version, explained, workers):
        pass
    against, witnesses = _contradictions(said, found, given)
    return _told(said, rules, known_at, found, examine, against, witnesses)


def shares(counts: Sequence[int], most: int) -> list[int]:
    """How many of each so that all together are at most ``most``: all where they fit, else the same of each as far as
    it has so many, the first having one more where that leaves some."""
    level, left = 0, most
    for n, count in enumerate(sorted(counts)):
        level = left // (len(counts) - n)
        if count > level:
            break
        left -= count
        level = count
    given = [min(count, level) for count in counts]
    over = most - sum(given)
    for ix, count in enumerate(counts):
        if over > 0 and count > given[ix]:
            given[ix] += 1
            over -= 1
    return given


def _explain(said: Stated, ix: int, shard: _Shard, some: pl.DataFrame, given: Given, known_at: date | None) -> None:
    chosen = Chosen(said.version, ix, some["row"].to_numpy(), said.day)
    tries = [one for case in chosen.cases(some, known_at) for one in suspects(case, given)]
    shard.examined = set(some["loan_id"])
    shard.fits = _fits(tries, Court(chosen, some, given.hows), some["loan_id"])


def _fits(tries: list[Try], court: Court, loans: pl.Series) -> list[tuple[str, str, str]]:
    holds = court.judge(tries)
    return [(loans[t.place], t.cause, t.evidence) for t, held in zip(tries, holds, strict=True) if held]


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    for name in ("cause", "evidence"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.String).alias(name))
    figures = [f"{side}_{n}" for n in FIELDS for side in ("theirs", "ours")]
    return rows.select(*ABOUT, "differs", *figures)


def _contradictions(said: Stated, found: list[_Shard], given: Given) -> tuple[Counter[str], int]:
    """For each way of counting that explains some loan: how many of the witnesses it contradicts, and their number."""
    ways_found = {evidence for s in found for _, cause, evidence in s.fits if NAMES[cause].way}
    against: Counter[str] = Counter(dict.fromkeys(ways_found, 0))
    asked = 0
    if not ways_found:
        return against, asked
    having = [(ix, s.witnesses) for ix, s in enumerate(found) if s.witnesses is not None and s.witnesses.height]
    for ix, rows in having[:: max(1, len(having) // SHARDS_ASKED)]:
        court = Court(Chosen(said.version, ix, rows["row"].to_numpy(), said.day), rows, given.hows)
        asked += rows.height
        for how in ways_found:
            against[how] += int((~court.under(how)).sum())
    return against, asked


# ---------------------------------------------------------------- sums
def _by_state(both: pl.DataFrame) -> pl.DataFrame:
    """Loans and sums by state; of loans that both sides have, ours counts where they state the figure."""
    there = pl.col("of_day") & pl.col("row").is_not_null()
    both = both.with_columns(
        pl.when(~there | pl.col(f"theirs_{n}").is_not_null()).then(pl.col(f"ours_{n}")).alias(f"ours_{n}")
        for n in ("outstanding_minor", "overdue_minor")
    )
    return both.group_by("state", "currency").agg(
        pl.len().alias("loans"),
        *(
            pl.col(f"{side}_{name}").cast(pl.Int128).sum().alias(f"{side}_{name}")
            for name in ("outstanding_minor", "overdue_minor")
            for side in ("theirs", "ours")
        ),
        pl.col("gap_minor").cast(pl.Int128).sum().alias("gap_minor"),
        pl.col("gap_minor").cast(pl.Int128).abs().sum().alias("gap_absolute_minor"),
    )


def _by_field(both: pl.DataFrame) -> pl.DataFrame:
    """For each figure they state of a loan that we have: in how many loans, in how many it differs, and the sums."""
    compared = both.filter(pl.col("state").is_in(["agreed", "different"]))
    found = []
    for k, name in enumerate(FIELDS):
        has = compared.filter(pl.col(f"theirs_{name}").is_not_null())
        amounts = name in AMOUNTS
        for (currency,), rows in has.partition_by("currency", as_dict=True).items():
            sums = [
                int(rows[f"{s}_{name}"].cast(pl.Int128).sum() or 0) if amounts else None for s in ("theirs", "ours")
            ]
            off = int(((rows["differs"].cast(pl.Int32) // 2**k) % 2).sum() or 0)
            found.append((name, currency, rows.height, off, *sums))
    schema = {
        "field": pl.String, "currency": pl.String, "stated": pl.Int64, "different": pl.Int64, "theirs": pl.Int128,
        "ours": pl.Int128,
    }  # fmt: skip
    return pl.DataFrame(found, schema=schema, orient="row")


def _labels(both: pl.DataFrame) -> Counter[str]:
    """Stages of theirs that the convention does not have."""
    counts = both["theirs_label"].drop_nulls().value_counts(name="n")
    return Counter(dict(counts.iter_rows()))


def _told(
    said: Stated,
    rules: Convention,
    known_at: date | None,
    found: list[_Shard],
    examine: int,
    against: Counter[str],
    witnesses: int,
) -> Reconciliation:
    examined = set().union(*(s.examined for s in found))
    differences = pl.concat([_plain(some) for s in found for some in (s.differing, s.missing)], how="diagonal")
    states = pl.concat([s.states for s in found])
    differences = _caused(differences, [f for s in found for f in s.fits], against, examined, rules)
    totals = _states(states)
    differing = sum(t["loans"] for t in totals if t["state"] in DIFFERENCES)
    labels: Counter[str] = Counter()
    for shard in found:
        labels.update(shard.labels)
    summary = {
        "as_of": said.day.isoformat(),
        "book": said.version.book_name,
        "version": said.version.id,
        "source": said.table,
        "convention": rules.name,
        "convention_digest": rules.digest(),
        "known_at": known_at.isoformat() if known_at else None,
        "differing": differing,
        "kept": differences.height,
        "examined": len(examined),
        "examine": examine,
        "states": totals,
        "fields": _fields(pl.concat([s.fields for s in found])),
        "other_labels": dict(labels.most_common(20)),
        "witnesses": witnesses,
        "causes": _causes(differences, against),
    }
    return Reconciliation(summary, differences)


def _caused(
    differences: pl.DataFrame,
    fits: list[tuple[str, str, str]],
    against: Counter[str],
    examined: set[str],
    rules: Convention,
) -> pl.DataFrame:
    """Each differing loan with the likeliest of the causes that explain it."""
    support = Counter((cause, evidence) for _, cause, evidence in fits if NAMES[cause].way)
    by_loan: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for loan, cause, evidence in fits:
        by_loan[loan].append((cause, evidence))

    def weight(place: int, one: tuple[str, str]) -> tuple[int, int, int]:
        if not NAMES[one[0]].way:
            return (1, place, 0)
        plausible = support[one] > against[one[1]]
        return (0 if plausible else 2, against[one[1]] - support[one], place)

    chosen = {loan: min(enumerate(several), key=lambda pair: weight(*pair))[1] for loan, several in by_loan.items()}
    looked = "not_examined" if rules.customer_dpd != "effective" else "unexplained"
    causes, evidences = [], []
    for loan, cause, evidence in differences.select("loan_id", "cause", "evidence").iter_rows():
        if cause is None:
            cause, evidence = chosen.get(loan, ("unexplained" if loan in examined else looked, ""))
        causes.append(cause)
        evidences.append(evidence)
    bits = differences["differs"].to_list()
    return differences.with_columns(
        pl.Series("cause", causes, dtype=pl.String),
        pl.Series("evidence", evidences, dtype=pl.String),
        pl.Series("differs", [", ".join(comparing.names(b or 0)) for b in bits], dtype=pl.String),
    ).sort("loan_id")


def _states(states: pl.DataFrame) -> list[dict[str, Any]]:
    summed = states.group_by("state", "currency").agg(pl.all().sum())
    order = {name: n for n, name in enumerate(STATES)}
    rows = sorted(summed.to_dicts(), key=lambda r: (order[r["state"]], r["currency"] or ""))
    return [{k: int(v) if k.endswith("_minor") or k == "loans" else v for k, v in row.items()} for row in rows]


def _fields(fields: pl.DataFrame) -> list[dict[str, Any]]:
    summed = fields.group_by("field", "currency", maintain_order=True).agg(
        pl.col("stated", "different").sum(), pl.col("theirs", "ours").sum()
    )
    rows = sorted(summed.to_dicts(), key=lambda r: (FIELDS.index(r["field"]), r["currency"] or ""))
    for row in rows:
        for side in ("theirs", "ours"):
            row[side] = int(row[side]) if row["field"] in AMOUNTS else None
    return rows


def _causes(differences: pl.DataFrame, against: Counter[str]) -> list[dict[str, Any]]:
    """Sums by cause, the commonest first, each with its commonest evidence."""
    found = []
    for (cause,), rows in differences.partition_by("cause", as_dict=True, maintain_order=True).items():
        money = [
            {
                "currency": currency,
                "gap_minor": int(some["gap_minor"].cast(pl.Int128).sum() or 0),
                "gap_absolute_minor": int(some["gap_minor"].cast(pl.Int128).abs().sum() or 0),
            }
            for (currency,), some in sorted(
                rows.partition_by("currency", as_dict=True).items(), key=lambda p: str(p[0][0])
            )
        ]
        evidence = [
            {"evidence": text, "loans": n, "contradicted": against[text] if NAMES[str(cause)].way else 0}
            for text, n in Counter(rows["evidence"]).most_common(EVIDENCE_SHOWN)
            if NAMES[str(cause)].way
        ]
        days = rows["gap_days"].drop_nulls()
        span = [int(np.min(days.to_numpy())), int(np.max(days.to_numpy()))] if days.len() else None
        found.append({"cause": cause, "loans": rows.height, "money": money, "days": span, "evidence": evidence})
    return sorted(found, key=lambda c: (-c["loans"], c["cause"]))
