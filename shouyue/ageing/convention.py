"""A convention: how a lender counts lateness, as data.

A convention is one TOML file that carries its own source and worked examples; ``shouyue/ageing/conventions``
holds those that ship. The engine knows the *kinds* of rule (what a pause may do, in which order money goes) and
the file picks among them, so a new lender is a new file. docs/ageing.md explains every key.

A key the engine does not know is refused rather than ignored: a typing slip in a grace period would otherwise
age a whole book wrongly and in silence.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shouyue.ageing import convention_file
from shouyue.ageing.convention_file import BAD_CONVENTION, Bucket
from shouyue.ageing.kernel import places
from shouyue.ageing.worked import Example
from shouyue.base import settings
from shouyue.base.errors import Code
from shouyue.base.workdays import SHIFTS, Calendar, edition, known_calendar

UNKNOWN_CONVENTION = Code(
    "AGE-001",
    zh="没有名为“{name}”的逾期口径；可用的有：{known}，或给出 .toml 文件路径",
    en="no convention is named '{name}'; there are: {known}, or give the path of a .toml file",
)

FOLDER = Path(__file__).parent / "conventions"

#: the choices, in the order of their code in the kernel
COUNTERS = ("oldest_unpaid", "consecutive", "missed_payments", "amount_equivalent")
MISSED = ("next_due", "day_before_next_due")
PAUSES = ("none", "whole", "overlap")
INSTALMENT_ORDERS = ("fifo", "lifo")
CHARGE_ORDERS = ("after_due", "first", "last", "as_parts")
DIRECTIONS = ("horizontal", "vertical")
ALL_PARTS = ("penalty", "late_fee", "fee", "interest", "principal")
PARTS = ALL_PARTS[2:]
EXPOSURES = ("balance", "outstanding")
#: choices that are settled before the kernel
PLANS = ("each_row", "latest_seq", "latest_plan")
COUNT_FROM = ("due", "debit")
LEVELS = ("loan", "customer")
CUSTOMER_DPD = ("none", "column", "effective")
MAX_GRACE_DAYS = 366


@dataclass(frozen=True)
class Convention:
    """How lateness is counted. docs/ageing.md says what each field means; all amounts are minor units."""

    name: str
    zh: str = ""
    en: str = ""
    source: str = ""
    counter: str = "oldest_unpaid"
    missed: str = "next_due"
    count_from: str = "due"
    grace_days: int = 0
    pauses: str = "none"
    charges_late: bool = False
    shift: str = "none"
    calendar: str = ""
    days_off: tuple[date, ...] = ()
    days_worked: tuple[date, ...] = ()
    threshold_minor: int = 0
    threshold_basis_points: int = 0
    exposure: str = "balance"
    materiality_level: str = "loan"
    customer_dpd: str = "none"
    instalments: str = "fifo"
    charges: str = "after_due"
    direction: str = "horizontal"
    parts: tuple[str, ...] = PARTS
    plan: str = "each_row"
    overdue_with_charges: bool = False
    buckets: tuple[Bucket, ...] = (
        Bucket("C", 0),
        *(Bucket(f"M{n}", 30 * n) for n in range(1, 7)),
        Bucket("M7+", None),
    )
    examples: tuple[Example, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for problem_zh, problem_en in self._problems():
            raise BAD_CONVENTION.error(file=self.name, zh=problem_zh, en=problem_en)

    def _problems(self) -> Iterator[tuple[str, str]]:
        for name, key, allowed in (
            ("counter", "lateness.counter", COUNTERS),
            ("missed", "lateness.missed", MISSED),
            ("count_from", "lateness.count_from", COUNT_FROM),
            ("pauses", "lateness.pauses", PAUSES),
            ("shift", "due_dates.shift", SHIFTS),
            ("exposure", "materiality.exposure", EXPOSURES),
            ("materiality_level", "materiality.level", LEVELS),
            ("customer_dpd", "customer.dpd", CUSTOMER_DPD),
            ("instalments", "allocation.instalments", INSTALMENT_ORDERS),
            ("charges", "allocation.charges", CHARGE_ORDERS),
            ("direction", "allocation.direction", DIRECTIONS),
            ("plan", "allocation.plan", PLANS),
        ):
            value = getattr(self, name)
            if value not in allowed:
                choices = " | ".join(allowed)
                yield f"{key} 不能是“{value}”，应为 {choices}", f"{key} is '{value}', not one of {choices}"
        for name, key, most in (
            ("grace_days", "lateness.grace_days", MAX_GRACE_DAYS),
            ("threshold_minor", "materiality.amount_minor", 2**62),
            ("threshold_basis_points", "materiality.basis_points", places.BASIS),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                yield f"{key} 应为整数", f"{key} must be a whole number"
            elif not 0 <= value <= most:
                yield f"{key} 应在 0 到 {most} 之间", f"{key} must be 0 to {most}"
        for name, key in (("overdue_with_charges", "overdue.charges"), ("charges_late", "lateness.charges")):
            if not isinstance(getattr(self, name), bool):
                yield f"{key} 应为 true 或 false", f"{key} must be true or false"
        yield from self._part_problems()
        yield from self._calendar_problems()
        yield from self._level_problems()
        yield from self._bucket_problems()

    def _part_problems(self) -> Iterator[tuple[str, str]]:
        wanted = ALL_PARTS if self.charges == "as_parts" else PARTS
        if sorted(self.parts) != sorted(wanted):
            yield f"allocation.parts 须恰好包含 {wanted} 各一次", f"allocation.parts must name each of {wanted} once"
        if self.charges_late and not self.overdue_with_charges:
            yield (
                "lateness.charges 为 true 时 overdue.charges 也须为 true",
                "where lateness.charges is true, overdue.charges must be true too",
            )

    def _calendar_problems(self) -> Iterator[tuple[str, str]]:
        if not isinstance(self.calendar, str) or (self.calendar and not known_calendar(self.calendar)):
            yield f"没有日历“{self.calendar}”", f"there is no calendar '{self.calendar}'"
        for name, key in (("days_off", "due_dates.off"), ("days_worked", "due_dates.worked")):
            if any(type(day) is not date for day in getattr(self, name)):
                yield f"{key} 应为日期列表", f"{key} must be a list of dates"
        if self.shift == "none" and (self.calendar or self.days_off or self.days_worked):
            yield "有日历而 due_dates.shift 为 none", "there is a calendar, but due_dates.shift is 'none'"

    def _level_problems(self) -> Iterator[tuple[str, str]]:
        if self.exposure != "balance" and not self.threshold_basis_points:
            yield (
                "materiality.exposure 只在有 basis_points 时有意义",
                "materiality.exposure means nothing without basis_points",
            )
        if self.materiality_level == "customer" and self.customer_dpd != "effective":
            yield (
                "materiality.level 为 customer 时 customer.dpd 须为 effective",
                "where materiality.level is 'customer', customer.dpd must be 'effective'",
            )
        if self.materiality_level == "customer" and self.counter == "consecutive" and self.pauses == "whole":
            yield (
                "materiality.level 为 customer 且连续计日时 lateness.pauses 不能为 whole",
                "where days on end are counted by customer, lateness.pauses cannot be 'whole'",
            )
        if self.missed != "next_due" and self.counter != "missed_payments":
            yield "lateness.missed 只用于 missed_payments", "lateness.missed is for the counter 'missed_payments'"

    def _bucket_problems(self) -> Iterator[tuple[str, str]]:
        if not self.buckets:
            yield "没有 bucket", "there is no bucket"
            return
        edges = [b.to for b in self.buckets[:-1]]
        if self.buckets[-1].to is not None:
            yield "最后一个 bucket 不应有 to", "the last bucket must have no 'to'"
        if any(isinstance(e, bool) or not isinstance(e, int) or e < 0 for e in edges):
            yield "bucket 的 to 应为非负整数", "each bucket but the last needs a 'to' of 0 or more"
        elif edges != sorted(set(edges)):  # type: ignore[type-var]
            yield "bucket 的 to 须递增", "the buckets' 'to' must rise"
        labels = [b.label for b in self.buckets]
        if len(set(labels)) != len(labels) or not all(isinstance(x, str) and x for x in labels):
            yield "bucket 的 label 须非空且不重复", "the buckets' labels must be texts and differ"

    @property
    def edges(self) -> np.ndarray:
        """Last day of each bucket but the last, int32, rising."""
        return np.array([b.to for b in self.buckets[:-1]], dtype=np.int32)

    def bucket_of(self, dpd: int) -> str:
        return self.buckets[int(np.searchsorted(self.edges, dpd, side="left"))].label

    @cached_property
    def workdays(self) -> Calendar:
        """The calendar by which due dates shift."""
        return Calendar(self.calendar, frozenset(self.days_off), frozenset(self.days_worked))

    @property
    def gated(self) -> bool:
        """Is there a threshold below which arrears do not count?"""
        return self.threshold_minor > 0 or self.threshold_basis_points > 0

    @property
    def sweeps(self) -> bool:
        """Must the kernel go from event to event? Else it takes the quick way (docs/adr/0003-ageing-kernel.md)."""
        return (
            self.counter in ("consecutive", "amount_equivalent")
            or self.gated
            or self.pooled
            or self.charges_late
            or self.direction == "vertical"
            or self.charges == "as_parts"
        )

    @property
    def pooled(self) -> bool:
        """Are a customer's loans one account to the thresholds?"""
        return self.materiality_level == "customer"

    def rules(self) -> np.ndarray:
        """The choices as the kernel reads them: see ``shouyue.ageing.kernel.places``."""
        own = [p for p in self.parts if p in PARTS]
        rules = np.zeros(places.RULES, dtype=np.int64)
        for place, value in {
            places.R_GRACE: self.grace_days,
            places.R_PAUSES: PAUSES.index(self.pauses),
            places.R_LIFO: INSTALMENT_ORDERS.index(self.instalments),
            places.R_CHARGES: CHARGE_ORDERS.index(self.charges),
            places.R_OVERDUE_CHARGES: int(self.overdue_with_charges),
            places.R_FEE: own.index("fee"),
            places.R_INTEREST: own.index("interest"),
            places.R_PRINCIPAL: own.index("principal"),
            places.R_COUNTER: COUNTERS.index(self.counter),
            places.R_EARLIER: MISSED.index(self.missed),
            places.R_VERTICAL: DIRECTIONS.index(self.direction),
            places.R_CHARGES_LATE: int(self.charges_late),
            places.R_THRESHOLD: self.threshold_minor,
            places.R_BASIS_POINTS: self.threshold_basis_points,
            places.R_EXPOSURE: EXPOSURES.index(self.exposure),
            places.R_PARTS: len(self.parts),
        }.items():
            rules[place] = value
        rules[places.R_ORDER : places.R_ORDER + len(self.parts)] = [ALL_PARTS.index(p) for p in self.parts]
        return rules

    def digest(self) -> str:
        """Short fingerprint of what affects the answer, so that a snapshot says by which rules it was made."""
        said: list[object] = [self.count_from, self.plan, self.rules().tolist()]
        said.append([(b.label, b.to) for b in self.buckets])
        said.append([self.customer_dpd, self.materiality_level])
        if self.shift != "none":
            off, worked = sorted(self.days_off), sorted(self.days_worked)
            said.append([self.shift, self.calendar, off, worked, edition()])
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


@cache
def shipped() -> list[str]:
    """Names of the conventions that ship with the product."""
    return sorted(p.stem for p in FOLDER.glob("*.toml"))


def house() -> Path:
    """Where a lender keeps his own conventions, to be given by name as those that ship are."""
    return settings.home() / "conventions"


def known() -> list[str]:
    """Names that ``load`` takes: those that ship, then the house's."""
    return shipped() + sorted(p.stem for p in house().glob("*.toml") if p.stem not in shipped())


def load(name_or_path: str | Path | Convention) -> Convention:
    """A convention by its name, or from a file (anything that ends in ``.toml``).

    Raises AGE-001 when there is none, AGE-002 when the file says something the engine does not know.
    """
    if isinstance(name_or_path, Convention):
        return name_or_path
    path = path_of(name_or_path)
    found = _read(path, path.stat().st_mtime_ns)
    if path.parent == house() and found.name != path.stem:
        raise BAD_CONVENTION.error(
            file=path.name,
            zh=f"name 为“{found.name}”，应与文件名一致",
            en=f"its name is '{found.name}', which must be that of the file",
        )
    return found


@lru_cache(64)
def _read(path: Path, _changed: int) -> Convention:
    """What the file says; read again only when it has changed."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as slip:
        raise BAD_CONVENTION.error(file=path.name, zh=f"不是 TOML：{slip}", en=f"not TOML: {slip}") from None
    return parse(said, path.name)


def path_of(name_or_path: str | Path) -> Path:
    """The file of a convention. Raises AGE-001 when there is none."""
    text = str(name_or_path)
    if text.endswith(".toml"):
        path = Path(text)
    else:
        path = (FOLDER if text in shipped() else house()) / f"{text}.toml"
    if not path.is_file() or not (text.endswith(".toml") or text in known()):
        raise UNKNOWN_CONVENTION.error(name=text, known=", ".join(known()))
    return path


def parse(said: dict[str, Any], file: str = "convention") -> Convention:
    """A convention from the parsed TOML. ``extends`` names a shipped one from which it differs. Raises AGE-002."""
    fields = convention_file.fields_of(said, file)
    base = fields.pop("extends", None)
    if base is not None and base not in shipped():
        known = ", ".join(shipped())
        raise BAD_CONVENTION.error(
            file=file, zh=f"extends 的“{base}”不是内置口径：{known}", en=f"extends '{base}' is none of {known}"
        )
    try:
        if base is None:
            return Convention(**fields)
        return replace(load(base), **{"source": "", "examples": (), **fields})
    except TypeError as slip:  # a list where a text belongs, and the like
        raise BAD_CONVENTION.error(
            file=file, zh=f"值的类型有误：{slip}", en=f"a value has the wrong type: {slip}"
        ) from None
