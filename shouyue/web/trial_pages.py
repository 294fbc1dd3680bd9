"""A trial as a page shows it: every number with the address of the customers behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shouyue.daily.trial.behind import Behind
from shouyue.daily.trial.run import FORMAT, GROUPS, Trial
from shouyue.people.models import Store
from shouyue.reports import trial_sheets
from shouyue.strategy.differing import Difference
from shouyue.strategy.vocabulary import vocabulary
from shouyue.web import showing, strategy_pages, words

STAGES: dict[str, LazyText] = {
    "age": _("Working out how late each loan is"),
    "know": _("Reading what the desk knows"),
    "decide": _("Deciding by both strategies"),
    "law": _("Asking the rules"),
    "cash": _("Measuring past payments"),
    "sum": _("Adding up"),
}
GROUP_NAMES: dict[str, LazyText] = {
    "segment": _("Segment"),
    "store": _("Store"),
    "stage": pgettext_lazy("of collection", "Stage"),
    "treatment": _("Treatment"),
    "phase": _("Phase"),
    "band": _("Band"),
}
CHANGES: dict[str, tuple[LazyText, str]] = {
    "in": (pgettext_lazy("case", "Comes in"), "info"),
    "out": (pgettext_lazy("case", "Falls out"), "warn"),
    "moved": (pgettext_lazy("case", "Changes"), ""),
    "same": (pgettext_lazy("case", "Stays the same"), ""),
}
MOVES: dict[str, LazyText] = {
    "phase": _("Phase"),
    "segment": _("Segment"),
    "stage": pgettext_lazy("of collection", "Stage"),
    "treatment": _("Treatment"),
    "band": _("Band"),
    "priority": _("Priority"),
    "best_time": _("Best time"),
    "minutes": _("Minutes"),
    "hold": _("No contact today"),
}
VERDICTS: dict[str, LazyText] = {
    "allowed": _("Allowed at the planned hours"),
    "other_hours": _("Only at other hours of the day"),
    "blocked": _("Blocked all day"),
    "no_number": _("No number of his own"),
}
LISTS: dict[str, LazyText] = {
    "was": _("The list before"),
    "now": _("The list after"),
    "both": _("On both lists"),
    "only_was": _("Only on the list before"),
    "only_now": _("Only on the list after"),
}
_KINDS = {"segment": "segments", "stage": "stages", "treatment": "treatments"}


class Shown:
    """One trial for a page. ``behind`` gives the address of the customers behind a number."""

    def __init__(self, pk: UUID, trial: Trial):
        self.pk, self.trial, self.summary = pk, trial, trial.summary
        self.stores = dict(Store.objects.values_list("code", "name"))
        sides = (words.strategy_at_hand(self.summary["inputs"][side]["id"]) for side in ("base", "candidate"))
        #: what tables are called
        self.table = partial(strategy_pages.table_name, *sides)

    def known(self) -> str:
        """Of when what the desk knew is; nothing of a trial without a desk, or made before that was so."""
        inputs = self.summary["inputs"]
        if not inputs["desk"] or inputs["format"] < FORMAT:
            return ""
        return trial_sheets.KNOWN_ZH if showing.language() == "zh" else trial_sheets.KNOWN_EN

    def behind(self, **asked: Any) -> str:
        query = QueryDict(mutable=True)
        query.update(Behind(**asked).given())
        return f"{reverse('trial-customers', args=[self.pk])}?{query.urlencode()}"

    def number(self, count: int | None, **asked: Any) -> tuple[str, str]:
        """A number and where its customers are; no address for none."""
        if count is None:
            return "–", ""
        return f"{count:,}", self.behind(**asked) if count else ""

    def label(self, field: str, value: str | None, side: str = "candidate") -> str:
        """What a store, phase, segment … is called."""
        if not value:
            return "–"
        if field == "store":
            return self.stores.get(value) or value
        if field == "phase":
            known = vocabulary().choice_words["phase"].get(value)
            return (known.zh if showing.language() == "zh" else known.en) if known else value
        if field in _KINDS:
            for one in (side, "candidate", "base"):
                named = words.strategy_label(
                    self.summary["inputs"][one]["id"], _KINDS[field], value, showing.language()
                )
                if named != value:
                    return named
        return value

    # ---- parts of the page
    def totals(self) -> dict[str, Any]:
        t = self.summary["totals"]
        changes = [
            {"name": CHANGES[c][0], "tone": CHANGES[c][1], "number": self.number(t[c], change=c)} for c in CHANGES
        ]
        return {
            "cases": (self.number(t["was_cases"], side="was"), self.number(t["now_cases"], side="now")),
            "worked": (
                self.number(t["was_worked"], side="was", worked=True),
                self.number(t["now_worked"], side="now", worked=True),
            ),
            "worked_in": self.number(t["worked_in"], worked=True, come="in"),
            "worked_out": self.number(t["worked_out"], worked=True, come="out"),
            "minutes": (f"{t['was_minutes']:,}", f"{t['now_minutes']:,}"),
            "changes": changes,
            "moves": [(MOVES[m], *self.number(t[f"moved_{m}"], moved=m)) for m in MOVES if t[f"moved_{m}"]],
        }

    def asides(self) -> list[tuple[Any, ...]]:
        """Why customers are not on the list although a strategy has work for them, and how many."""
        lang = showing.language()
        return [
            (one[lang], *(self.number(one[side], aside=one["why"], side=side) for side in ("was", "now")))
            for one in self.summary.get("aside", ())
        ]

    def _why(self, why: str | None) -> str:
        lang = showing.language()
        return next((one[lang] for one in self.summary.get("aside", ()) if one["why"] == why), "")

    def groups(self) -> list[dict[str, Any]]:
        order = [g for g in GROUP_NAMES if g in GROUPS]
        return [
            {"id": g, "name": GROUP_NAMES[g], "lines": [self._line(g, x) for x in self.summary["by"][g]]} for g in order
        ]

    def _line(self, group: str, line: Mapping[str, Any]) -> dict[str, Any]:
        at = {"by": group, "value": line["value"] or ""}
        return {
            "name": self.label(group, line["value"]),
            "cells": [
                self.number(line["was_cases"], side="was", **at),
                self.number(line["now_cases"], side="now", **at),
                self.number(line["in"], come="in", **at),
                self.number(line["out"], come="out", **at),
                self.number(line["was_worked"], side="was", worked=True, **at),
                self.number(line["now_worked"], side="now", worked=True, **at),
                (f"{line['was_minutes']:,}", ""),
                (f"{line['now_minutes']:,}", ""),
            ],
        }

    def workload(self) -> list[dict[str, Any]]:
        return [self._store(line) for line in self.summary["workload"]]

    def _store(self, line: Mapping[str, Any]) -> dict[str, Any]:
        capacity, minutes = line["capacity"], line["now_minutes"]
        return {
            "name": self.label("store", line["store"]),
            "reps": "–" if line["reps"] is None else line["reps"],
            "capacity": "–" if capacity is None else f"{capacity:,}",
            "minutes": (f"{line['was_minutes']:,}", f"{minutes:,}"),
            "share": min(100, round(100 * minutes / capacity)) if capacity else 0,
            "load": f"{round(100 * minutes / capacity)} %" if capacity else "–",
            "full": bool(capacity) and minutes > capacity,
            "over": [
                self.number(line[f"{side}_over"], beyond=True, side=side, by="store", value=line["store"] or "")
                for side in ("was", "now")
            ],
        }

    def law(self) -> dict[str, Any]:
        said = self.summary["law"]
        zh = showing.language() == "zh"
        rules: dict[str, dict[str, Any]] = {}
        for side in ("was", "now"):
            for one in said[side]["rules"]:
                about = {"id": one["rule"], "says": one["zh"] if zh else one["en"], "was": ("0", ""), "now": ("0", "")}
                line = rules.setdefault(one["rule"], about | {"source": one["source_zh"] if zh else one["source_en"]})
                line[side] = self.number(one["refused"], side=side, rule=one["rule"])
        verdicts = [
            (name, *(self.number(said[s]["verdicts"][v], side=s, law=v) for s in ("was", "now")))
            for v, name in VERDICTS.items()
        ]
        return {"pack": said["pack"], "hours": said["hours"], "verdicts": verdicts, "rules": list(rules.values())}

    def cash(self) -> dict[str, Any]:
        found = self.summary["cash"]
        months = {"days": found["days"], "months": len(found["starts"])}
        about = trial_sheets.CASH_ZH if showing.language() == "zh" else trial_sheets.CASH_EN
        return {
            "about": about.format(**months),
            "currencies": [self._money(c, one["lists"]) for c, one in found["currencies"].items()],
        }

    def _money(self, currency: str, lists: Mapping[str, Any]) -> dict[str, Any]:
        names = ("stake_minor", "low", "middle", "high")
        lines = [
            (name, self.behind(money=key), *(showing.amount(lists[key][n], currency) for n in names))
            for key, name in LISTS.items()
            if lists[key]["stake_minor"]
        ]
        return {"currency": currency, "lines": lines}

    def difference(self) -> dict[str, Any]:
        return strategy_pages.difference(Difference.from_json(self.summary["difference"]))

    def flows(self) -> list[dict[str, Any]]:
        """From row to row, where they differ, the largest first."""
        all_ = zip(*(self.summary["flows"][k] for k in ("table", "was", "now", "loans")), strict=True)
        moved = sorted((f for f in all_ if f[1] != f[2]), key=lambda f: (-f[3], f[:3]))
        return [
            {"table": self.table(table), "was": was or "–", "now": now or "–",
             "loans": self.number(loans, table=table, was=was, now=now)}
            for table, was, now, loans in moved[:60]
        ]  # fmt: skip

    # ---- customers
    def asked(self, asked: Behind) -> str:
        """Which number it is, in words."""
        parts: list[object] = []
        if asked.change:
            parts.append(CHANGES[asked.change][0])
        if asked.by:
            parts.append(f"{GROUP_NAMES[asked.by]}: {self.label(asked.by, asked.value)}")
        if asked.come:
            parts.append({"in": _("comes in"), "out": _("falls out")}[asked.come])
        if asked.moved:
            parts.append(f"{CHANGES['moved'][0]}: {MOVES[asked.moved]}")
        if asked.side:
            parts.append({"was": _("before"), "now": _("after")}[asked.side])
        if asked.worked:
            parts.append(_("to be worked"))
        if asked.beyond:
            parts.append(_("beyond the capacity"))
        if asked.law:
            parts.append(VERDICTS[asked.law])
        if asked.aside:
            parts += [_("Not on the list"), self._why(asked.aside)]
        if asked.rule:
            parts.append(f"{_('refused by')} {asked.rule}")
        if asked.money:
            parts.append(LISTS[asked.money])
        if asked.table:
            parts.append(f"{self.table(asked.table)}: {asked.was or '–'} → {asked.now or '–'}")
        return " · ".join(str(p) for p in parts) or str(_("Everybody"))

    def customer(self, row: Mapping[str, Any], name: str, case: int | None) -> dict[str, Any]:
        side = "now" if row["now_phase"] is not None else "was"
        zh = showing.language() == "zh"
        return {
            "id": row["customer_id"],
            "name": showing.hidden_name(name),
            "case": case,
            "change": CHANGES[row["change"]],
            "moved": ", ".join(str(MOVES[m]) for m in row["moved"] or ()),
            "store": self.label("store", row[f"{side}_store"]),
            "was": self._side(row, "was"),
            "now": self._side(row, "now"),
            "days": row[f"{side}_dpd"],
            "amount": showing.amount(
                (row[f"{side}_overdue_minor"] or 0) or row[f"{side}_due_minor"], row[f"{side}_currency"] or ""
            ) if row[f"{side}_currency"] else "–",
            "reason": row[f"{side}_reason_{'zh' if zh else 'en'}"] or "",
            "law": self._why(row[f"{side}_aside"]) or VERDICTS.get(row[f"{side}_law"] or "", ""),
        }  # fmt: skip

    def _side(self, row: Mapping[str, Any], side: str) -> dict[str, Any] | None:
        if row[f"{side}_phase"] is None:
            return None
        which = "base" if side == "was" else "candidate"
        names = [self.label(f, row[f"{side}_{f}"], which) for f in ("stage", "treatment")]
        return {
            "what": " · ".join(n for n in names if n != "–"),
            "band": row[f"{side}_band"],
            "minutes": row[f"{side}_minutes"],
            "hold": row[f"{side}_hold"],
        }


def head() -> list[str]:
    """The head of an exported list."""
    names = [
        *(_("Customer no."), _("Name"), _("What happens"), _("What changes"), _("Store")),
        *(
            _("Days late"),
            _("Overdue or due"),
            _("As it was"),
            _("As it is now"),
            pgettext_lazy("of a change", "Why"),
            _("Law"),
        ),
    ]
    return [str(name) for name in names]


def lines(shown: Iterable[dict[str, Any]]) -> Iterable[list[Any]]:
    for one in shown:
        sides = [one[s]["what"] if one[s] else "–" for s in ("was", "now")]
        yield [
            *(one["id"], one["name"], str(one["change"][0]), one["moved"], one["store"], one["days"]),
            *(one["amount"], *sides, one["reason"], str(one["law"])),
        ]
