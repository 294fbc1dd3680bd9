"""Which parts of a script can come up at all: for some case, and some way of ticking what comes before.

Every element that comes up is taken to be ticked with one of its outcomes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from shouyue.casework.scripts.model import (
    DAYS,
    INTERVIEWED,
    SAID,
    TICKED,
    Condition,
    Element,
    Script,
    asked_ticks,
)


def never(script: Script) -> Iterator[tuple[str, str]]:
    """Place and id of the script, or of each element and objection, that can never come up."""
    if not _possible(script, [script.when]):
        yield "when", script.id
        return
    last = [n for n, e in enumerate(script.elements) if e.outcomes and all(o.ends for o in e.outcomes)]
    places = {e.id: n for n, e in enumerate(script.elements)}
    for row in (*script.elements, *script.objections):
        # an objection is answered at any time after what it asks
        asked = (places[id_] for id_ in asked_ticks(row.when))
        place = places[row.id] if isinstance(row, Element) else max(asked, default=0)
        before = [script.elements[n] for n in last if n < place]
        if not _passes(script, before, [script.when, row.when]):
            yield row.id, row.id


def _passes(script: Script, last: Sequence[Element], whens: Sequence[Condition]) -> bool:
    """Whether all conditions can hold while none of the ``last``, behind which nothing comes, is up."""
    if not _possible(script, whens):
        return False
    if not last:
        return True
    return any(_passes(script, last[1:], [*whens, other]) for other in _otherwise(script, last[0].when))


def _possible(script: Script, whens: Sequence[Condition]) -> bool:
    """Whether there can be a case and ticks for which all of the conditions hold."""
    low, high = int(script.phase == "collection"), sys.maxsize
    answers: dict[str, bool] = {}
    ticks: dict[str, set[str]] = {}
    elements = {e.id: e for e in script.elements}
    asked = list(whens)
    while asked:
        when = asked.pop()
        for key, value in when.items():
            if key == DAYS:
                low, high = max(low, value[0]), min(high, value[1])
            elif key != TICKED and answers.setdefault(key, value) is not value:
                return False
        for id_, outcomes in asked_ticks(when).items():
            if id_ not in ticks:  # it was ticked, so it came up, and did not end the matter
                ticks[id_] = {o.id for o in elements[id_].outcomes if not o.ends}
                asked.append(elements[id_].when)
            ticks[id_] &= set(outcomes)
            if not ticks[id_]:
                return False
    unasked = answers.get(INTERVIEWED) is False and any(answers.get(key) for key in SAID)
    return low <= high and not unasked


def _otherwise(script: Script, when: Condition) -> Iterator[Condition]:
    """Conditions of which one holds wherever this one does not."""
    for key, value in when.items():
        if key == DAYS:
            yield {DAYS: [0, value[0] - 1]}
            yield {DAYS: [value[1] + 1, sys.maxsize]}
        elif key != TICKED:
            yield {key: not value}
    elements = {e.id: e for e in script.elements}
    for id_, outcomes in asked_ticks(when).items():
        yield {TICKED: {id_: [o.id for o in elements[id_].outcomes if o.id not in outcomes]}}
        yield from _otherwise(script, elements[id_].when)
