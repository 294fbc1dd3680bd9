"""Which planned contacts the rules in force on the day would refuse: the pack is asked, as the gate asks it.

Pure, and never more than once for the same question: customers of whom nothing is known that a rule looks at share one
answer. What is asked about is a call to the borrower's own first number, at the hours the strategy plans and, where
those are refused, at any of the day's working hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from shouyue.compliance import rules
from shouyue.compliance.inputs import Inputs, Past
from shouyue.compliance.rule import Pack
from shouyue.compliance.said import Said
from shouyue.daily.trial import aside
from shouyue.daily.trial.comparing import planned

#: allowed at the planned hours; only at other working hours; at none of the day; no number of his own in the file
VERDICTS = ("allowed", "other_hours", "blocked", "no_number")
#: what is known of a customer's number, and what the desk knows of him on the morning of the day
KNOWN = {
    "customer_id": pl.String,
    "zone": pl.String,
    "has_number": pl.Boolean,
    "place": pl.String,
    "consent": pl.Boolean,
    "knows_of_loan": pl.Boolean,
    "promise_due": pl.String,
    "call_back_at": pl.String,
}


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Hours:
    """The desk's working hours, by the clock of the person who is called."""

    begins: time = time(9, 0)
    ends: time = time(20, 0)

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True)
class Told:
    """What the desk holds of a customer's person on the morning: his loans, the contacts as far as the rules look back,
    what he said about contacts; by purpose the facts that his matters tell the rules, and the kind that stops calls."""

    loans: tuple[str, ...] = ()
    past: tuple[Past, ...] = ()
    said: tuple[Said, ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stopped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """``told`` by customer, only of those of whom there is something; ``placed`` customers with the agency's code.
    ``zone`` is the lender's own."""

    pack: Pack
    as_of: date
    hours: Hours
    zone: str
    known: pl.DataFrame
    told: Mapping[str, Told]
    placed: Mapping[str, str] = field(default_factory=dict)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``rows`` (comparing.side_by_side) with ``…_law``, ``…_refused`` and ``…_aside`` of both sides: the verdict on
        each planned contact, null where none is; the rules that refuse it at its hours; and why a case is not to be
        worked that day, null where it is (``aside.py``)."""
        known = rows.select("customer_id").join(self.known, on="customer_id", how="left", maintain_order="left")
        columns = []
        answers: dict[tuple, tuple[str, str, str]] = {}
        for side in ("was", "now"):
            asked = pl.concat(
                [known, rows.select(f"{side}_phase", f"{side}_best_time", planned(side).alias("planned"))],
                how="horizontal",
            )
            said = [self._one(row, answers) for row in asked.iter_rows()]
            for at, name in enumerate(("law", "refused", "aside")):
                columns.append(pl.Series(f"{side}_{name}", [one[at] for one in said], dtype=pl.String))
        return rows.with_columns(columns)

    def _one(self, row: tuple, answers: dict[tuple, tuple[str, str, str]]) -> tuple[str | None, str | None, str | None]:
        customer, zone, has_number, *facts, phase, best_time, wanted = row
        if phase is None:
            return None, None, None
        if agency := self.placed.get(customer):
            return None, None, aside.placed(agency)
        told = self.told.get(customer)
        stopped = told.stopped.get(phase) if told else ""
        if not wanted:
            return None, None, aside.matter(stopped) if stopped else aside.HELD
        if not has_number:
            return "no_number", "", None
        key = (zone, *facts, phase, best_time, customer if told else None)
        if key not in answers:
            answers[key] = self._asked(zone or self.zone, phase, best_time, facts, told or Told())
        verdict, refused, rule = answers[key]
        if verdict != "blocked":
            return verdict, refused, None
        return verdict, refused, aside.matter(stopped) if stopped else aside.rule(rule)

    def _asked(self, zone: str, phase: str, best_time: str, known: list, told: Told) -> tuple[str, str, str]:
        """The verdict, the rules that refuse at the planned hours, and one that refuses all day."""
        place, *others = known
        names = ("consent", "knows_of_loan", "promise_due", "call_back_at")
        facts = {**dict(zip(names, others, strict=True)), "borrower_unreachable": False, **told.facts.get(phase, {})}
        begins, ends = _span(best_time) if best_time else (self.hours.begins, self.hours.ends)
        at_hours = self._first(begins, ends, zone, phase, place or "", facts, told)
        if at_hours.allowed_by(ends):
            return "allowed", "", ""
        anywhere = self._first(self.hours.begins, self.hours.ends, zone, phase, place or "", facts, told)
        refused = " ".join(sorted({f.rule for f in at_hours.answer.refusals}))
        if anywhere.allowed_by(self.hours.ends):
            return "other_hours", refused, ""
        last = max(anywhere.answer.refusals, key=lambda f: f.until or _NEVER, default=None)
        return "blocked", refused, last.rule if last else ""

    def _first(self, begins: time, ends: time, zone: str, phase: str, place: str, facts: Mapping, told: Told) -> _First:
        clock = ZoneInfo(zone)
        at = datetime.combine(self.as_of, begins, clock)
        inputs = Inputs(
            at, zone, "call", phase, has_number=True, loans=told.loans, facts=facts, past=told.past, place=place,
            content="debt", said=told.said,
        )  # fmt: skip
        return _First(rules.decide(self.pack, inputs), self.as_of, clock)


@dataclass(frozen=True)
class _First:
    """The answer at the beginning of some hours, which also tells the first moment at which it would be yes."""

    answer: rules.Answer
    day: date
    clock: ZoneInfo

    def allowed_by(self, ends: time) -> bool:
        moment = self.answer.next_allowed_at
        return moment is not None and moment < datetime.combine(self.day, ends, self.clock)


def _span(text: str) -> tuple[time, time]:
    begins, ends = text.split("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


def summary(pack: Pack, as_of: date, hours: Hours, rows: pl.DataFrame) -> dict[str, Any]:
    """Counts of both sides by verdict and by refusing rule, with each rule's words and source on that day."""
    sides: dict[str, Any] = {}
    for side in ("was", "now"):
        verdicts = Counter(rows[f"{side}_law"].drop_nulls())
        refused = Counter(rule for text in rows[f"{side}_refused"].drop_nulls() for rule in text.split())
        blocked = rows.filter(pl.col(f"{side}_law") == "blocked")[f"{side}_refused"]
        all_day = Counter(rule for text in blocked for rule in text.split())
        sides[side] = {
            "verdicts": {v: verdicts.get(v, 0) for v in VERDICTS},
            "rules": [
                {"rule": rule, "refused": count, "blocked": all_day.get(rule, 0), **words(pack, rule, as_of)}
                for rule, count in sorted(refused.items(), key=lambda item: (-item[1], item[0]))
            ],
        }
    return {"pack": pack.name, "pack_digest": pack.digest, "hours": str(hours), **sides}


def words(pack: Pack, rule: str, as_of: date) -> dict[str, str]:
    """What the rule says on that day and where it comes from, in both languages."""
    found = next((r for r in pack.rules if r.id == rule), None)
    value = found.value_on(as_of) if found else None
    if found is None or value is None:  # the gate's own refusal, such as an unknown time zone
        return {"zh": rule, "en": rule, "source_zh": "", "source_en": ""}
    values = {**value.params, "count": "…", "limit": "…"}
    return {
        "zh": found.zh.format(**values),
        "en": found.en.format(**values),
        "source_zh": value.source_zh,
        "source_en": value.source_en,
    }


def lookback(pack: Pack) -> timedelta:
    """How far back the rules look on the morning of a day; zero where none looks further than the day itself."""
    return timedelta(days=pack.lookback_days) if pack.lookback_days > 1 else timedelta()
