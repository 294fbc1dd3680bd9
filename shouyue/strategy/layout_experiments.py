"""``[hold_out]`` and ``[experiment]`` of a strategy file, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shouyue.strategy import faults
from shouyue.strategy.experiment import HELD_OUT, HOLD_OUT, WORKED, Arm, Experiment
from shouyue.strategy.faults import Findings, Place

_WHOLE = {"cut_off_days": (0, 30), "within_days": (1, 365), "planned": (100, 100_000_000)}
_KEYS = {"salt", "since", "until", "zh", "en", *_WHOLE}
#: share of customers held out where the file does not say
SHARE = Decimal("0.02")


def experiments(raw: Mapping[str, Any], file: str, found: Findings) -> tuple[Experiment, ...]:
    """The file's experiments, the hold-out first; faults go to ``found``."""
    made = [_Section(raw[key], key, file, found).experiment() for key in ("hold_out", "experiment") if key in raw]
    living = tuple(e for e in made if e is not None)
    if len({e.salt for e in living}) < len(living):
        found.add(faults.SAME_SALT, Place(file, "experiment"), salt=living[0].salt)
    return living


class _Section:
    def __init__(self, raw: Any, key: str, file: str, found: Findings):
        self.raw, self.key, self.found = raw, key, found
        self.place = Place(file, key)

    def experiment(self) -> Experiment | None:
        before = len(self.found.items)
        if not isinstance(self.raw, dict):
            self._wrong(self.key, self.raw, f"[{self.key}]")
            return None
        known = _KEYS | ({"share"} if self.key == "hold_out" else {"id", "arms"})
        for key in self.raw:
            if key not in known:
                self.found.add(faults.UNKNOWN_KEY, self.place, key=key, known=", ".join(sorted(known)))
        arms = self._hold_out() if self.key == "hold_out" else self._arms(self.raw.get("arms"))
        given = {
            "id": HOLD_OUT if self.key == "hold_out" else self._text("id"),
            "salt": self._text("salt"),
            "since": self._day("since", needed=True),
            "until": self._day("until"),
            "zh": self.raw.get("zh", "长期对照组" if self.key == "hold_out" else ""),
            "en": self.raw.get("en", "Permanent hold-out" if self.key == "hold_out" else ""),
            **{key: value for key in _WHOLE if (value := self._whole(key)) is not None},
        }
        return Experiment(arms=arms, **given) if len(self.found.items) == before else None

    def _hold_out(self) -> tuple[Arm, ...]:
        share = self._share("share", self.raw.get("share", SHARE))
        if share is not None and share >= Fraction(1, 2):
            self._wrong("share", self.raw["share"], "< 0.5")
        if share is None:
            return ()
        return (
            Arm(WORKED, 1 - share, "照常提醒", "reminded as usual"),
            Arm(HELD_OUT, share, "对照组（不打提醒电话）", "held out (no reminder call)"),
        )

    def _arms(self, raw: Any) -> tuple[Arm, ...]:
        if not isinstance(raw, dict) or len(raw) < 2:
            self._wrong("arms", raw, "{ champion = 0.5, challenger = 0.5 }")
            return ()
        arms = []
        for id_, value in raw.items():
            about = value if isinstance(value, dict) else {"share": value}
            share = self._share(f"arms.{id_}", about.get("share"))
            if share is not None:
                arms.append(Arm(id_, share, str(about.get("zh", "")), str(about.get("en", ""))))
        if len(arms) == len(raw) and sum(arm.share for arm in arms) != 1:
            total = sum((arm.share for arm in arms), Fraction(0))
            self._wrong("arms", f"{float(total):g}", "1")
        return tuple(arms)

    def _share(self, key: str, value: Any) -> Fraction | None:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 1:
            self._wrong(key, value, "0.02")
            return None
        return Fraction(value)

    def _text(self, key: str) -> str:
        value = self.raw.get(key)
        if value is None:
            self.found.add(faults.MISSING_KEY, self.place, key=key)
        elif not isinstance(value, str) or not 0 < len(value) <= 80 or not value.isprintable() or value == HOLD_OUT:
            self._wrong(key, value, "early-call-2026")
        return str(value or "")

    def _day(self, key: str, needed: bool = False) -> date | None:
        value = self.raw.get(key)
        if value is None and needed:
            self.found.add(faults.MISSING_KEY, self.place, key=key)
        elif value is not None and type(value) is not date:
            self._wrong(key, value, "2026-11-24")
            return None
        return value

    def _whole(self, key: str) -> int | None:
        value, (low, high) = self.raw.get(key), _WHOLE[key]
        if value is not None and (type(value) is not int or not low <= value <= high):
            self._wrong(key, value, f"{low}..{high}")
            return None
        return value

    def _wrong(self, key: str, value: Any, wanted: str) -> None:
        self.found.add(faults.WRONG_VALUE, self.place, key=key, value=value, wanted=wanted)
