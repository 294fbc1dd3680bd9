"""The life of a matter, one table.

| state | means |
|---|---|
| open | told and not decided: stops what its kind stops |
| confirmed | it is so: stops until it is released |
| paused | a pause was granted up to a day: stops until then |
| rejected | it is not so: stops nothing |
| released | it is over: stops nothing |
"""

from __future__ import annotations

from collections.abc import Mapping

OPEN, CONFIRMED, PAUSED, REJECTED, RELEASED = "open", "confirmed", "paused", "rejected", "released"
STATES = (OPEN, CONFIRMED, PAUSED, REJECTED, RELEASED)
#: states in which it may stop something
LIVE = (OPEN, CONFIRMED, PAUSED)

#: (state, action) -> state; ``lapse`` is the daily cycle's own, when the pause is over
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("", "open"): OPEN,
    **{(state, action): state for state in LIVE for action in ("add", "assign")},
    (OPEN, "extend"): OPEN,
    (OPEN, "confirm"): CONFIRMED,
    (OPEN, "pause"): PAUSED,
    (OPEN, "reject"): REJECTED,
    (OPEN, "release"): RELEASED,
    (CONFIRMED, "release"): RELEASED,
    (PAUSED, "pause"): PAUSED,
    (PAUSED, "release"): RELEASED,
    (PAUSED, "lapse"): RELEASED,
    (REJECTED, "reopen"): OPEN,
    (RELEASED, "reopen"): OPEN,
}
#: what only a role that decides may do
DECISIONS = ("confirm", "pause", "reject", "release")
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def after(state: str, action: str) -> str | None:
    """The state that the action leads to; None where it is not possible."""
    return TRANSITIONS.get((state, action))
