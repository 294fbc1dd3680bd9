"""What a strategy asks for and the rule pack never allows, found before the strategy is used.

The gate refuses such contacts one by one; head office should hear of it when it writes the table. Strategy knows no
law, so the check joins from here: ``check(strategy, also=[against(pack, day)])``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from shouyue.base.errors import Code
from shouyue.compliance.rule import Pack, Rule, Value
from shouyue.strategy import Finding, Strategy
from shouyue.strategy.cells import ANY, matches
from shouyue.strategy.checking import Check
from shouyue.strategy.faults import Findings, Severity, declare
from shouyue.strategy.model import Row, Table

PURPOSES = ("reminder", "collection")
#: the strategy's own word for a fact that the gate asks for
FACTS = {"borrower_unreachable": ("lost_contact", True)}

QUIET = declare(
    "LAW-001",
    "最佳时段 {span} 落在“{rule}”之内：{rule_zh}",
    "the best time {span} lies within '{rule}': {rule_en}",
    ("改到 {to} 之后、{from_} 之前（{source_zh}）", "choose a time between {to} and {from_} ({source_en})"),
)
NEVER = declare(
    "LAW-002",
    "规则“{rule}”从不允许{what_zh}：{rule_zh}",
    "rule '{rule}' never allows {what_en}: {rule_en}",
    ("改用别的方式或对象（{source_zh}）", "choose another way or person ({source_en})"),
)
ONLY_WHEN = declare(
    "LAW-003",
    "规则“{rule}”只在特定情况下允许{what_zh}：{rule_zh}",
    "rule '{rule}' allows {what_en} only in certain cases: {rule_en}",
    ("加上条件 {need}（{source_zh}）", "add the condition {need} ({source_en})"),
)
TOO_OFTEN = declare(
    "LAW-004",
    "每天 {attempts} 次超过“{rule}”的上限：{days} 天内 {max} 次",
    "{attempts} attempts a day are more than '{rule}' allows: {max} in {days} day(s)",
    ("每天最多 {most} 次（{source_zh}）", "at most {most} a day ({source_en})"),
)
_SEVERITY: dict[str, Severity] = {"block": "error", "warn": "warning", "log": "note"}


@dataclass(frozen=True)
class Asked:
    """A contact that a row may bring about."""

    purpose: str
    channel: str
    whom: str


def against(pack: Pack, day: date) -> Check:
    """The check of a strategy against the pack, as its rules are from ``day`` on."""

    def check(strategy: Strategy) -> Iterable[Finding]:
        found = Findings(strategy.file)
        if any(f.severity == "error" for f in strategy.faults):
            return []
        start = max(day, strategy.valid_from or day)
        rules = list(_in_force(pack, start, strategy.valid_to))
        for table in strategy.tables:
            for row in table.rows:
                _Checked(table, row, strategy.file, found).by(rules)
        return found.items

    return check


def _in_force(pack: Pack, start: date, end: date | None) -> Iterator[tuple[Rule, Value]]:
    """Every rule with every value that is in force on the first day or comes into force later."""
    for rule in pack.rules:
        now = rule.value_on(start)
        for value in rule.values:
            later = value.valid_from > start and (end is None or value.valid_from <= end)
            if value is now or later:
                yield rule, value


class _Checked:
    """A row, held against the rules."""

    def __init__(self, table: Table, row: Row, file: str, found: Findings):
        self.table, self.row, self.file, self.found = table, row, file, found
        self.conditions = {c.name.id: cell for cell, c in zip(row.cells, table.inputs, strict=True)}
        results = zip(table.outputs, row.results, strict=True)
        self.given = {c.name.id: r.value for c, r in results if r is not None}

    def by(self, rules: list[tuple[Rule, Value]]) -> None:
        if self.given.get("hold") is True or self.given.get("phase") == "none":
            return
        for asked in self._contacts():
            for rule, value in rules:
                if rule.concerns(asked.channel, asked.purpose, asked.whom):
                    self._one(asked, rule, value)

    def _contacts(self) -> Iterator[Asked]:
        """By what the row says itself, and by what it asks of the phase."""
        said, condition = self.given.get("phase"), self.conditions.get("phase", ANY)
        for purpose in PURPOSES:
            if said in (None, purpose) and matches(condition, purpose):
                yield Asked(purpose, str(self.given.get("channel", "call")), str(self.given.get("whom", "self")))

    def _one(self, asked: Asked, rule: Rule, value: Value) -> None:
        given = self.given
        if rule.kind == "quiet_hours" and "best_time" in given:
            self._quiet(rule, value, str(given["best_time"]))
        elif rule.kind == "never" and (column := self._said(rule)):
            self._add(NEVER, column, rule, value, _what(asked))
        elif rule.kind == "only_when" and "whom" in given:
            self._only_when(rule, value, asked)
        elif rule.kind == "count" and isinstance(given.get("attempts"), int):
            self._count(rule, value, int(str(given["attempts"])))

    def _said(self, rule: Rule) -> str:
        """The output that brings the row under the rule, to put the finding beside it; empty where none does."""
        for output, scope in (("whom", rule.relations or rule.not_relations), ("channel", rule.channels)):
            if scope and output in self.given:
                return output
        return next((o for o in ("channel", "whom", "phase") if o in self.given), "")

    def _quiet(self, rule: Rule, value: Value, span: str) -> None:
        starts, ends = (time.fromisoformat(part) for part in span.split("-"))
        quiet_from, quiet_to = (time.fromisoformat(value.params[k]) for k in ("from", "to"))
        over_midnight = quiet_from > quiet_to
        before, after = starts < quiet_to, ends > quiet_from
        if before or after if over_midnight else before and after:
            shown = {"span": span, "from_": f"{quiet_from:%H:%M}", "to": f"{quiet_to:%H:%M}"}
            self._add(QUIET, "best_time", rule, value, shown)

    def _only_when(self, rule: Rule, value: Value, asked: Asked) -> None:
        """The row must ask for the fact the rule needs, where the vocabulary has it; else the gate will judge each."""
        if value.params.get("missing") == "unknown":
            return  # nothing is refused as long as the fact is not known
        wanted = [FACTS[f] for f in value.params["any_of"] if f in FACTS]
        for input_, needed in wanted:
            cell = self.conditions.get(input_, ANY)
            if matches(cell, needed) and not matches(cell, not needed):
                return
        need = " / ".join(f"{i} = {'yes' if n else 'no'}" for i, n in wanted) or "–"
        self._add(ONLY_WHEN, "whom", rule, value, {"need": need, **_what(asked)}, None if wanted else "warning")

    def _count(self, rule: Rule, value: Value, attempts: int) -> None:
        """Attempts that reach nobody count too where the rule says so; then so many a day cannot be made."""
        params = value.params
        days, most = params.get("days", 1), params["max"]
        if not {"unanswered", "answered"} & set(params["of"]) or attempts * days <= most:
            return
        shown = {"attempts": attempts, "days": days, "max": most, "most": most // days}
        self._add(TOO_OFTEN, "attempts", rule, value, shown, None if attempts > most else "warning")

    def _add(
        self,
        code: Code,
        column: str,
        rule: Rule,
        value: Value,
        values: Mapping[str, object],
        severity: Severity | None = None,
    ) -> None:
        shown = {**value.params, "count": "…", "limit": value.params.get("max", "")}
        told: dict[str, Any] = {
            "rule": rule.id,
            "rule_zh": rule.zh.format(**shown),
            "rule_en": rule.en.format(**shown),
            "source_zh": value.source_zh,
            "source_en": value.source_en,
            **values,
        }
        place = self.table.place(self.file, self.row, column)
        self.found.add(code, place, severity or _SEVERITY[rule.severity], **told)


def _what(asked: Asked) -> dict[str, object]:
    zh, en = {"reminder": ("提醒", "reminder"), "collection": ("催收", "collection")}[asked.purpose]
    return {
        "what_zh": f"以 {asked.channel} 对 {asked.whom} {zh}",
        "what_en": f"{asked.channel} to {asked.whom} for {en}",
    }
