"""The facts of a case that a script's conditions ask."""

from __future__ import annotations

from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Case, Matter, Promise
from shouyue.casework.scripts import Facts

#: the strategy's treatment of a case whose borrower cannot be found
FIND = "find"
_JUDGED = (Promise.State.KEPT, Promise.State.PART_KEPT, Promise.State.BROKEN)


def facts_of(case: Case) -> Facts:
    """The facts as they are now, in two queries at most; ``case.promises`` is read where it was fetched before."""
    matters = set(Matter.objects.filter(case=case, state__in=states.LIVE).values_list("kind", flat=True))
    works = {kinds()[kind].work for kind in matters if kind in kinds()}
    return Facts(
        dpd=max(case.dpd, 0),
        broken_promise=broken(case) is not None,
        hardship="hardship" in works,
        vulnerable=case.customer.vulnerable or "vulnerability" in matters,
        dispute="dispute" in works,
        lost_contact=case.treatment == FIND,
    )


def broken(case: Case) -> Promise | None:
    """The newest judged promise, where it was broken and no other stands."""
    promises = list(case.promises.all())
    judged = max((p for p in promises if p.state in _JUDGED), key=lambda p: (p.due_on, p.made_on), default=None)
    if any(p.state == Promise.State.OPEN for p in promises):
        return None
    return judged if judged is not None and judged.state == Promise.State.BROKEN else None
