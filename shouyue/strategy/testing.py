"""The tests that live in a strategy's file, run through the same compiled columns as the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from shouyue.base.money import to_minor
from shouyue.strategy import faults, telling
from shouyue.strategy.cells import Type, Value, show_value
from shouyue.strategy.deciding import decide, evaluate
from shouyue.strategy.faults import Both, Finding, Findings, Place
from shouyue.strategy.model import Case, Strategy
from shouyue.strategy.vocabulary import PHYSICAL, vocabulary
from shouyue.strategy.words import LANGUAGES


@dataclass(frozen=True)
class Result:
    """One test and what it found; passed when it found nothing."""

    case: Case
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return not self.findings


def features_of(strategy: Strategy, given: Sequence[Mapping[str, Value | None]]) -> pl.DataFrame:
    """A row of features for each set of inputs by name; what is not given takes its typical value."""
    names = [strategy.names[i] for i in vocabulary().inputs]
    ids = [f"{i:06d}" for i in range(len(given))]
    columns = [pl.Series(n.column, [g.get(n.id, n.typical) for g in given], dtype=PHYSICAL[n.type.kind]) for n in names]
    frame = pl.DataFrame(columns)
    return frame.select(
        pl.Series("loan_id", ids, dtype=pl.String),
        pl.Series("customer_id", ids, dtype=pl.String),
        pl.lit(strategy.currency).alias("currency"),
        pl.all(),
    )


def run_tests(strategy: Strategy) -> list[Result]:
    """Every test of the file. Raises what ``decide`` raises."""
    if not strategy.tests:
        return []
    frame = features_of(strategy, [case.given for case in strategy.tests])
    decided = decide(strategy, frame).drop("phase", "segment", "stage", "treatment", "best_time", "minutes")
    outputs = evaluate(strategy, frame)
    outputs = outputs.select(pl.col("^=.*$").name.map(lambda c: c[1:])).drop("hold", strict=False)
    rows = pl.concat([outputs, decided.drop("loan_id", "customer_id")], how="horizontal").to_dicts()
    return [_judge(strategy, case, row) for case, row in zip(strategy.tests, rows, strict=True)]


def _judge(strategy: Strategy, case: Case, have: Mapping[str, object]) -> Result:
    found = Findings(strategy.file)
    place = Place(strategy.file, "test", row_id=case.name)
    wrong: list[Both] = []
    for key, want in case.expect.items():
        if key not in have:
            found.add(faults.TEST_BAD, place, test=case.name, why_zh=f"不能检查 {key}", why_en=f"cannot check {key}")
        elif not _same(have[key], want, strategy, key):
            zh, en = (_told(strategy, key, want, have[key], lang) for lang in LANGUAGES)
            wrong.append(("{}：应为 {}，实为 {}".format(*zh), "{} should be {} but is {}".format(*en)))
    if wrong:
        found.add(faults.TEST_FAILED, place, cases=wrong, test=case.name)
    return Result(case, tuple(found.items))


def _type(strategy: Strategy, key: str) -> Type | None:
    return strategy.names[key].type if key in strategy.names else None


def _same(have: object, want: object, strategy: Strategy, key: str) -> bool:
    if want == "null":
        return have is None
    if isinstance(have, bool) or isinstance(want, bool):
        return have is want
    type_ = _type(strategy, key)
    if type_ and type_.kind == "money" and isinstance(have, int):
        return isinstance(want, (int, Decimal)) and Decimal(show_value(have, type_)) == want
    return have == want


_OTHERS = {
    "rule": ("依据行", "the rows"),
    "priority": ("优先级", "the priority"),
    "reason_zh": ("理由（中文）", "the reason in Chinese"),
    "reason_en": ("理由（英文）", "the reason in English"),
}


def _called(strategy: Strategy, key: str, lang: str) -> str:
    if key in strategy.names:
        return telling.label(strategy.names[key], lang)
    return _OTHERS.get(key, (key, key))[0 if lang == "zh" else 1]


def _told(strategy: Strategy, key: str, want: object, have: object, lang: str) -> tuple[str, str, str]:
    """What was looked at, what was wanted and what came, as one calls it."""
    type_ = _type(strategy, key)
    if type_ and type_.kind == "money" and isinstance(want, (int, Decimal)) and not isinstance(want, bool):
        want = to_minor(str(want), type_.currency)
    wanted, came = (_value(strategy, key, value, lang) for value in (None if want == "null" else want, have))
    return _called(strategy, key, lang), wanted, came


def _value(strategy: Strategy, key: str, value: object, lang: str) -> str:
    if value is None:
        return "无" if lang == "zh" else "none"
    if key in strategy.names and isinstance(value, (int, Decimal, str, date)):
        return telling.named(strategy, strategy.names[key], value, lang)
    return str(value)
