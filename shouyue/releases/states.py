"""The life of a version, one table.

| state | means |
|---|---|
| draft | saved; its author and others may save further versions from it |
| proposed | waits for somebody else's word |
| approved | may be put into force |
| rejected | was not approved, with a reason; a mended text is a new version |
| released | was put into force from a day; it may be so again (roll back) |
| withdrawn | taken back; never in force again |
"""

from __future__ import annotations

from collections.abc import Mapping

DRAFT, PROPOSED, APPROVED = "draft", "proposed", "approved"
REJECTED, RELEASED, WITHDRAWN = "rejected", "released", "withdrawn"
STATES = (DRAFT, PROPOSED, APPROVED, REJECTED, RELEASED, WITHDRAWN)

#: (state, action) -> state
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("", "save"): DRAFT,
    (DRAFT, "propose"): PROPOSED,
    (DRAFT, "withdraw"): WITHDRAWN,
    (PROPOSED, "approve"): APPROVED,
    (PROPOSED, "reject"): REJECTED,
    (PROPOSED, "withdraw"): WITHDRAWN,
    (APPROVED, "release"): RELEASED,
    (APPROVED, "withdraw"): WITHDRAWN,
    (RELEASED, "release"): RELEASED,
    (RELEASED, "roll_back"): RELEASED,
    (RELEASED, "withdraw"): WITHDRAWN,
}
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def after(state: str, action: str) -> str | None:
    """The state that the action leads to; None where it is not possible."""
    return TRANSITIONS.get((state, action))
