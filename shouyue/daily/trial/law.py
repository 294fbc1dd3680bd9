"""Which planned contacts the rules in force on the day would refuse: the pack is asked, as the gate asks it.

Pure, and never more than once for the same question: customers of whom nothing is known that a rule looks at share one
answer. What is asked about is a call to the borrower's own first number, at the hours the strategy plans and, where
those are refused, at any of the day's working hours; then his other numbers in turn, as the desk goes on to them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from shouyue.casework.asking import ASKED_FOR
from shouyue.compliance import identity, rules
from shouyue.compliance.inputs import Inputs, Past
from shouyue.compliance.rule import Pack
from shouyue.compliance.said import Asked, Said
from shouyue.compliance.wishes import BORROWERS
from shouyue.daily.trial import aside
from shouyue.daily.trial.comparing import planned

#: allowed at the planned hours; only at other working hours; at none of the day; no number of his own in the file
VERDICTS = ("allowed", "other_hours", "blocked", "no_number")
#: what is known of a number and its customer on the morning of the day; no ``phone``: he has none
KNOWN = {
    **dict.fromkeys(("customer_id", "phone", "relation", "zone", "told_zone", "place"), pl.String),
    **dict.fromkeys(("consent", "knows_of_loan", "liable", "lost"), pl.Boolean),
    **dict.fromkeys(("promise_due", "call_back_at", "call_asked_at"), pl.String),
}
#: as far as a rule may look at it
FACTS = tuple(KNOWN)[2:]
SIDES = ("was", "now")


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Hours:
    """The desk's working hours, by the clock of the person who is called."""

    begins: time = time(9, 0)
    ends: time = time(20, 0)

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True)
class On:
    """What there is of contacts on one number: those with the person as far as the rules look back, those on this
    number marked; what was said about it; by purpose the facts that his matters tell the rules."""

    past: tuple[Past, ...] = ()
    said: tuple[Said, ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What the desk holds of a customer's person on the morning: his loans, by purpose the kind of matter that stops
    calls, and by telephone number what there is of it."""

    loans: tuple[str, ...] = ()
    stopped: Mapping[str, str] = field(default_factory=dict)
    on: Mapping[str, On] = field(default_factory=dict)


class Verdict(NamedTuple):
    """Of a planned contact: one of ``VERDICTS``, the rules that refuse at its hours, why it is not on the list, and the
    first moment that is allowed where the planned hours are not."""

    law: str | None = None
    refused: str | None = None
    aside: str | None = None
    opens: datetime | None = None

    @property
    def rank(self) -> tuple[int, datetime]:
        """Lowest is called first."""
        return VERDICTS.index(self.law or ""), self.opens or _NEVER


@dataclass(frozen=True)
class Law:
    """``known`` of each customer's own first number, ``further`` gives the others of some customers in the order in
    which they are tried; both in the columns of ``KNOWN``. ``told`` by customer, only of those of whom there is
    something; ``placed`` customers with the agency's code. ``zone`` is the lender's own."""

    pack: Pack
    as_of: date
    hours: Hours
    zone: str
    known: pl.DataFrame
    told: Mapping[str, Told]
    placed: Mapping[str, str] = field(default_factory=dict)
    #: by customer his own numbers, where there are several: the areas of all tell where he may be
    own: Mapping[str, Sequence[str]] = field(default_factory=dict)
    further: Callable[[Collection[str]], pl.DataFrame] = lambda _customers: pl.DataFrame(schema=KNOWN)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``rows`` (comparing.side_by_side) with ``…_law``, ``…_refused`` and ``…_aside`` of both sides: the verdict on
        each planned contact, null where none is; the rules that refuse it at its hours; and why a case is not to be
        worked that day, null where it is (``aside.py``)."""
        known = rows.select("customer_id").join(self.known, on="customer_id", how="left", maintain_order="left")
        answers: dict[tuple, Verdict] = {}
        plans = {
            side: rows.select(f"{side}_phase", f"{side}_best_time", planned(side).alias("planned")) for side in SIDES
        }
        found: dict[str, list[Verdict]] = {}
        for side, plan in plans.items():
            asked = pl.concat([known, plan], how="horizontal")
            found[side] = [self._first_number(row, answers) for row in asked.iter_rows()]
        self._go_on(rows["customer_id"].to_list(), plans, found, answers)
        columns = [
            pl.Series(f"{side}_{name}", [getattr(one, name) for one in verdicts], dtype=pl.String)
            for side, verdicts in found.items()
            for name in ("law", "refused", "aside")
        ]
        return rows.with_columns(columns)

    def _first_number(self, row: tuple, answers: dict[tuple, Verdict]) -> Verdict:
        customer, *number, phase, best_time, wanted = row
        if phase is None:
            return Verdict()
        if agency := self.placed.get(customer):
            return Verdict(aside=aside.placed(agency))
        told = self.told.get(customer)
        stopped = told.stopped.get(phase) if told else ""
        if not wanted:
            return Verdict(aside=aside.matter(stopped) if stopped else aside.HELD)
        if not number[0]:
            return Verdict("no_number", "")
        return self._number(customer, number, phase, best_time, answers)

    def _go_on(self, customers: list[str], plans: Mapping, found: Mapping[str, list[Verdict]], answers: dict) -> None:
        """Where the first number may not be called at its hours, or there is none, the others are asked about, as the
        desk does."""
        unsure = {c for verdicts in found.values() for c, one in zip(customers, verdicts, strict=True) if _unsure(one)}
        more: defaultdict[str, list[list]] = defaultdict(list)
        for customer, *number in self.further(unsure).iter_rows() if unsure else ():
            more[customer].append(number)
        for side, verdicts in found.items():
            for at, (phase, best_time, _) in enumerate(plans[side].iter_rows()):
                numbers = more.get(customers[at])
                if _unsure(verdicts[at]) and numbers:
                    best = self._best if verdicts[at].opens else self._of_others
                    verdicts[at] = best(verdicts[at], customers[at], numbers, phase, best_time, answers)

    def _best(
        self, verdict: Verdict, customer: str, numbers: list[list], phase: str, best_time: str, answers: dict
    ) -> Verdict:
        """Of the borrower's numbers the one that may be called first. Where none may all day, and somebody else may be
        asked for a way to reach him, the case is on the list all the same."""
        for number in numbers:
            other = self._number(customer, number, phase, best_time, answers)
            if number[1] not in BORROWERS:
                if verdict.law == "blocked" and other.law != "blocked":
                    return verdict._replace(aside=None)
            elif other.law == "allowed":
                return other
            elif other.rank < verdict.rank:
                verdict = other
        return verdict

    def _of_others(
        self, verdict: Verdict, customer: str, numbers: list[list], phase: str, best_time: str, answers: dict
    ) -> Verdict:
        """Of one who has no number of his own: he is on the list, unless nobody around him may be called all day."""
        others = [self._number(customer, number, phase, best_time, answers) for number in numbers]
        if any(other.law != "blocked" for other in others):
            return verdict
        return verdict._replace(refused=others[0].refused, aside=others[0].aside)

    def _number(self, customer: str, number: list, phase: str, best_time: str, answers: dict) -> Verdict:
        phone, *facts = number
        told = self.told.get(customer)
        one: dict[str, Any] = dict(zip(FACTS, facts, strict=True))
        one["zone"] = one["zone"] or self.zone
        phones = {phone, *(self.own.get(customer, ()) if one["relation"] == "self" else ())}
        one["also_zones"] = identity.areas(phones, one["zone"]) if self.pack.heeds_every_place else ()
        key = (*one.values(), phase, best_time, (customer, phone) if told else None)
        if key not in answers:
            answers[key] = self._asked(one, phase, best_time, told or Told(), phone)
        return answers[key]

    def _asked(self, one: Mapping[str, Any], phase: str, best_time: str, told: Told, phone: str) -> Verdict:
        begins, ends = _span(best_time) if best_time else (self.hours.begins, self.hours.ends)
        at_hours = self._first(begins, ends, phase, one, told, phone)
        if at_hours.allowed_by(ends):
            return Verdict("allowed", "")
        anywhere = self._first(self.hours.begins, self.hours.ends, phase, one, told, phone)
        refused = " ".join(sorted({f.rule for f in at_hours.answer.refusals}))
        opens = anywhere.answer.next_allowed_at or _NEVER
        if anywhere.allowed_by(self.hours.ends):
            return Verdict("other_hours", refused, None, opens)
        last = max(anywhere.answer.refusals, key=lambda f: f.until or _NEVER, default=None)
        stopped = told.stopped.get(phase)
        why = aside.matter(stopped) if stopped else aside.rule(last.rule if last else "")
        return Verdict("blocked", refused, why, opens)

    def _first(self, begins: time, ends: time, phase: str, one: Mapping, told: Told, phone: str) -> _First:
        """As ``casework.asking`` puts it: from somebody other than the borrower nothing is collected."""
        zone, relation = one["zone"], one["relation"]
        clock, on, own = ZoneInfo(zone), told.on.get(phone, On()), relation in BORROWERS
        facts = {n: one[n] for n in ("consent", "knows_of_loan", "promise_due", "call_back_at")}
        facts |= {"guarantor_liable": one["liable"]} if one["liable"] is not None else {}
        told_zones = (one["told_zone"],) if own and one["told_zone"] else ()
        inputs = Inputs(
            datetime.combine(self.as_of, begins, clock), zone, "call", phase if own else "trace", relation,
            has_number=True, loans=told.loans, past=on.past, place=one["place"] or "",
            content="debt" if own else "locate",
            facts={**facts, "borrower_unreachable": not own and one["lost"], **on.facts.get(phase, {})},
            also_zones=one["also_zones"], told_zones=told_zones, every_clock=bool(one["also_zones"] or told_zones),
            said=on.said, asked=_asked(one) if relation == "self" else None,
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


def _asked(one: Mapping[str, Any]) -> Asked | None:
    """The call that the borrower himself asked for."""
    if not (one["call_back_at"] and one["call_asked_at"]):
        return None
    begins = datetime.fromisoformat(one["call_back_at"])
    return Asked(datetime.fromisoformat(one["call_asked_at"]), begins, begins + ASKED_FOR)


def _unsure(verdict: Verdict) -> bool:
    return verdict.opens is not None or verdict.law == "no_number"


def _span(text: str) -> tuple[time, time]:
    begins, ends = text.split("-")
    return time.fromisoformat(begins), time.fromisoformat(ends)


def summary(pack: Pack, as_of: date, hours: Hours, rows: pl.DataFrame) -> dict[str, Any]:
    """Counts of both sides by verdict and by refusing rule, with each rule's words and source on that day."""
    sides: dict[str, Any] = {}
    for side in SIDES:
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
