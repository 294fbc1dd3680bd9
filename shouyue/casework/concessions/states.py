"""The life of a concession, one table.

| state | means |
|---|---|
| proposed | waits for another person's word |
| approved | goes into the next instruction to the core |
| rejected, withdrawn, expired | waives nothing |
| exported | told to the core, not seen in its file yet |
| done | the core's file shows it |
| differs | the core's file shows another amount |
"""

from __future__ import annotations

from collections.abc import Mapping

PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED = "proposed", "approved", "rejected", "withdrawn", "expired"
EXPORTED, DONE, DIFFERS = "exported", "done", "differs"
STATES = (PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED, EXPORTED, DONE, DIFFERS)
#: something is still to happen: a loan has one such at a time
LIVE = (PROPOSED, APPROVED, EXPORTED, DIFFERS)
#: another person has said yes: it counts against the limits
GRANTED = (APPROVED, EXPORTED, DONE, DIFFERS)

#: (state, action) -> state
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("", "propose"): PROPOSED,
    (PROPOSED, "approve"): APPROVED,
    (PROPOSED, "reject"): REJECTED,
    (PROPOSED, "withdraw"): WITHDRAWN,
    (PROPOSED, "expire"): EXPIRED,
    (APPROVED, "withdraw"): WITHDRAWN,
    (APPROVED, "expire"): EXPIRED,
    (APPROVED, "export"): EXPORTED,
    (EXPORTED, "find"): DONE,
    (EXPORTED, "differ"): DIFFERS,
    (DIFFERS, "find"): DONE,
}
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def after(state: str, action: str) -> str | None:
    """The state that the action leads to; None where it is not possible."""
    return TRANSITIONS.get((state, action))
