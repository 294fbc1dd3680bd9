"""What head office is warned of: placements about to end, and evaluations that are due (GB/T 45251-2025, 5.4)."""

from __future__ import annotations

from datetime import date, timedelta

from shouyue.casework.models import Agency

#: an evaluation counts for a year
YEAR = timedelta(days=366)
#: the evaluation before the contract ends lies in these last days of it
LAST = timedelta(days=90)
#: so long before a day it is warned of
AHEAD = timedelta(days=30)

NEVER, YEARLY, BEFORE_END, OVER = "never", "yearly", "before_end", "over"


def warnings(agency: Agency, today: date) -> list[tuple[str, date | None]]:
    """What is due of an agency and by when: an evaluation, or a contract that is over."""
    found: list[tuple[str, date | None]] = []
    last, ends = agency.evaluated_on, agency.contract_ends_on
    if last is None:
        found.append((NEVER, None))
    elif last + YEAR <= today + AHEAD:
        found.append((YEARLY, last + YEAR))
    if ends is not None and ends < today:
        found.append((OVER, ends))
    elif ends is not None and ends <= today + AHEAD and last is not None and last < ends - LAST:
        found.append((BEFORE_END, ends))
    return found
