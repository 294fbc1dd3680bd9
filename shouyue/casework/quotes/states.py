"""The life of a quote, one table.

| state | means |
|---|---|
| offered | said to the borrower; money in full by its day settles the loan |
| accepted | the borrower wants it: the core is told |
| paid | the money is there in full, counting by the day |
| settled | the lender's file shows the end of the loan, or another person says that it ended |
| differs | the money is there and the lender's file still shows a debt |
| expired | the day is over without the money |
| withdrawn, replaced | taken back; a newer quote took its place |
"""

from __future__ import annotations

from collections.abc import Mapping

OFFERED, ACCEPTED, PAID, SETTLED, DIFFERS = "offered", "accepted", "paid", "settled", "differs"
EXPIRED, WITHDRAWN, REPLACED = "expired", "withdrawn", "replaced"
STATES = (OFFERED, ACCEPTED, PAID, SETTLED, DIFFERS, EXPIRED, WITHDRAWN, REPLACED)
#: the lender is bound by it: a loan has one such at a time
LIVE = (OFFERED, ACCEPTED, PAID, DIFFERS)
#: money is waited for
WAITING = (OFFERED, ACCEPTED)

#: (state, action) -> state
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("", "offer"): OFFERED,
    (OFFERED, "accept"): ACCEPTED,
    (OFFERED, "replace"): REPLACED,
    **dict.fromkeys(((OFFERED, "withdraw"), (ACCEPTED, "withdraw")), WITHDRAWN),
    **dict.fromkeys(((OFFERED, "expire"), (ACCEPTED, "expire")), EXPIRED),
    # an expired one is paid when the money counts by its day and was booked late
    **dict.fromkeys(((OFFERED, "pay"), (ACCEPTED, "pay"), (EXPIRED, "pay")), PAID),
    # a payment was taken back
    **dict.fromkeys(((PAID, "unpay"), (DIFFERS, "unpay")), ACCEPTED),
    # the core may settle it for another sum, as where the borrower paid on an earlier day
    **dict.fromkeys(((OFFERED, "find"), (ACCEPTED, "find"), (PAID, "find"), (DIFFERS, "find")), SETTLED),
    (PAID, "differ"): DIFFERS,
    (DIFFERS, "close"): SETTLED,
}
#: the words that persons may say of it
DECISIONS = ("accept", "withdraw", "close")
#: those that are said of all quotes of an act at once
TOGETHER = ("accept", "withdraw")
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def after(state: str, action: str) -> str | None:
    """The state that the action leads to; None where it is not possible."""
    return TRANSITIONS.get((state, action))
