"""The facts of a case that a script's conditions ask."""

from __future__ import annotations

from typing import Any

from shouyue.base import clock
from shouyue.casework import known
from shouyue.casework.interviews import reading
from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Case, Interview, Matter, Promise
from shouyue.casework.scripts import Facts
from shouyue.casework.scripts.model import INTERVIEWED, SAID
from shouyue.people.models import User

#: the strategy's treatment of a case whose borrower cannot be found
FIND = "find"
_JUDGED = (Promise.State.KEPT, Promise.State.PART_KEPT, Promise.State.BROKEN)


def facts_of(case: Case, interview: Interview | None = None, by: User | None = None) -> Facts:
    """The facts as they are now, in two queries at most; ``case.promises`` is read where it was fetched before.

    ``interview`` is the newest, given only where the borrower himself is spoken to (``hears_his_own``); ``by`` is who
    calls.
    """
    matters = set(Matter.objects.filter(case=case, state__in=states.LIVE).values_list("kind", flat=True))
    works = {kinds()[kind].work for kind in matters if kind in kinds()}
    return Facts(
        dpd=max(case.dpd, 0),
        broken_promise=broken(case) is not None,
        hardship="hardship" in works,
        vulnerable=case.customer.vulnerable or "vulnerability" in matters,
        dispute="dispute" in works,
        lost_contact=case.treatment == FIND,
        recorded_line=known.says_recorded(by, clock.now()),
        **said(interview),
    )


def hears_his_own(relation: str) -> bool:
    """What he said of himself is spoken of to him alone: not to a guarantor, and to no third person."""
    return relation == "self"


def said(interview: Interview | None) -> dict[str, Any]:
    """Of his answers those that scripts go by: what was not asked, or asked in another way, is absent."""
    if interview is None:
        return {}
    found: dict[str, Any] = {INTERVIEWED: True}
    questions = reading.form_of(interview).questions
    for key, kind in SAID.items():
        question = questions.get(key.removeprefix("said_"))
        if question is None or question.kind != kind or not (value := interview.answers.get(question.id)):
            continue
        if kind == "text":
            found[key] = True
        elif kind == "times":
            found[key] = f"{value['from']}–{value['to']}"
        elif kind == "choice":
            found[key] = {"zh": question.choices[value].zh, "en": question.choices[value].en}
        elif not question.masked:
            found[key] = value
    return found


def broken(case: Case) -> Promise | None:
    """The newest judged promise, where it was broken and no other stands."""
    promises = list(case.promises.all())
    judged = max((p for p in promises if p.state in _JUDGED), key=lambda p: (p.due_on, p.made_on), default=None)
    if any(p.state == Promise.State.OPEN for p in promises):
        return None
    return judged if judged is not None and judged.state == Promise.State.BROKEN else None
