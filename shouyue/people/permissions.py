"""Who may do what: one table. A row is an action, its columns are roles.

Where an action is about a case, the store is checked besides (``casework.queries.visible_cases``): a rep and a store
manager act in their own store only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shouyue.base.errors import Code, ShouyueError

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shouyue.people.models import User

REP, MANAGER, HEAD, AUDITOR, ADMIN = "rep", "store_manager", "head_office", "auditor", "admin"

PERMISSIONS: dict[str, frozenset[str]] = {
    "case.view": frozenset({REP, MANAGER, HEAD, AUDITOR}),
    "case.work": frozenset({REP, MANAGER}),
    "case.hand_over": frozenset({REP, MANAGER}),
    "case.hand_over_any": frozenset({MANAGER}),
    "case.end": frozenset({HEAD}),
    "interview.import": frozenset({HEAD}),
    "letter.make": frozenset({REP, MANAGER}),
    "personal.reveal": frozenset({REP, MANAGER, AUDITOR}),
    "cases.export": frozenset({MANAGER, HEAD, AUDITOR}),
    "concession.propose": frozenset({REP, MANAGER, HEAD}),
    "concession.approve": frozenset({MANAGER, HEAD}),
    "quote.make": frozenset({REP, MANAGER, HEAD}),
    "quote.close": frozenset({MANAGER, HEAD}),
    "guarantor.say": frozenset({MANAGER, HEAD}),
    "matter.open": frozenset({REP, MANAGER, HEAD}),
    "matter.work": frozenset({MANAGER, HEAD}),
    "today.view": frozenset({MANAGER, HEAD, AUDITOR}),
    "today.all_stores": frozenset({HEAD, AUDITOR}),
    "audit.view": frozenset({AUDITOR, HEAD}),
    "reconciliation.view": frozenset({HEAD, AUDITOR}),
    "reconciliation.export": frozenset({HEAD, AUDITOR}),
    "core.view": frozenset({HEAD, AUDITOR}),
    "core.export": frozenset({HEAD}),
    "decision.view": frozenset({REP, MANAGER, HEAD, AUDITOR}),
    "script.view": frozenset({MANAGER, HEAD, AUDITOR}),
    "script.edit": frozenset({HEAD}),
    "script.approve": frozenset({HEAD}),
    "script.release": frozenset({HEAD}),
    "script.roll_back": frozenset({HEAD}),
    "strategy.view": frozenset({MANAGER, HEAD, AUDITOR}),
    "strategy.edit": frozenset({HEAD}),
    "strategy.approve": frozenset({HEAD}),
    "strategy.release": frozenset({HEAD}),
    "strategy.roll_back": frozenset({HEAD}),
    "trial.run": frozenset({HEAD}),
    "trial.view": frozenset({HEAD, AUDITOR}),
    "trial.export": frozenset({HEAD, AUDITOR}),
    "experiment.view": frozenset({HEAD, AUDITOR}),
    "convention.compare": frozenset({HEAD, AUDITOR}),
    "people.manage": frozenset({ADMIN}),
    "exam.view": frozenset({MANAGER, HEAD, AUDITOR}),
    "exam.record": frozenset({MANAGER, HEAD}),
    "agency.view": frozenset({HEAD, AUDITOR, ADMIN}),
    "agency.manage": frozenset({ADMIN}),
    "agency.place": frozenset({HEAD}),
    "permissions.view": frozenset({ADMIN, AUDITOR, HEAD}),
}


class NotPermitted(ShouyueError):
    """The role has no right to the action; a page answers 403."""


NOT_PERMITTED = Code(
    "PEOPLE-001", zh="您的岗位无权进行此操作（{action}）", en="your role may not do this ({action})", kind=NotPermitted
)


def can(user: User | AnonymousUser, action: str) -> bool:
    return user.is_authenticated and user.is_active and user.role in PERMISSIONS[action]  # type: ignore[union-attr]


def require(user: User | AnonymousUser, action: str) -> None:
    """Raises PEOPLE-001 when the user's role lacks the action."""
    if not can(user, action):
        raise NOT_PERMITTED.error(action=action)
