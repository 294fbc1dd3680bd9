"""The life of a concession, one table.

| state | means |
|---|---|
| proposed | waits for another person's word |
| approved | goes into the next instruction to the core |
| rejected, withdrawn, expired | waives nothing |
| exported | told to the core, not seen in its file yet |
| done | the core's file shows it, or what it shows instead was accepted |
| differs | the core's file shows another amount |
| refused | the core has not booked it and will not: waives nothing |
"""

from __future__ import annotations

from collections.abc import Mapping

PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED = "proposed", "approved", "rejected", "withdrawn", "expired"
EXPORTED, DONE, DIFFERS, REFUSED = "exported", "done", "differs", "refused"
STATES = (PROPOSED, APPROVED, REJECTED, WITHDRAWN, EXPIRED, EXPORTED, DONE, DIFFERS, REFUSED)
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
    # somebody has asked the core's people: else a loan would wait for ever
    (EXPORTED, "refuse"): REFUSED,
    (DIFFERS, "refuse"): REFUSED,
    (DIFFERS, "accept"): DONE,
}
#: the words that persons may say of it, after it was proposed
DECISIONS = ("approve", "reject", "withdraw", "refuse", "accept")
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def after(state: str, action: str) -> str | None:
    """The state that the action leads to; None where it is not possible."""
    return TRANSITIONS.get((state, action))
