"""Proposing a version, and another person's word on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from django.db import transaction

from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.releases import errors, queries, states
from shouyue.releases.drafting import lock, step, subject, told
from shouyue.releases.errors import Unfit
from shouyue.releases.kinds import Remark, kind
from shouyue.releases.models import Step, Version
from shouyue.releases.timeline import ahead, in_force

#: what one does, in words for a message
WORDS = {
    "propose": ("提交", "propose"),
    "approve": ("批准", "approve"),
    "reject": ("驳回", "reject"),
    "withdraw": ("撤回", "withdraw"),
    "release": ("发布", "release"),
    "roll_back": ("回滚到它", "roll back to"),
    "copy": ("复制", "copy"),
}


@transaction.atomic
def propose(kind_id: str, name: str, number: int, by: User, reason: str = "") -> Step:
    """Ask for somebody else's word. Raises REL-003 where the state is another, REL-005 where the check finds errors."""
    require(by, kind(kind_id).edit)
    return _step(kind_id, name, number, "propose", by, reason, fit=True)


@transaction.atomic
def approve(
    kind_id: str, name: str, number: int, by: User, acknowledged: Collection[str] = (), reason: str = ""
) -> Step:
    """A person who neither wrote nor proposed it says yes.

    ``acknowledged`` are the keys of the warnings he has seen. Raises REL-003 where the state is another, REL-005 where
    the check finds errors, REL-006 where a warning is not acknowledged, REL-007 for his own work.
    """
    require(by, kind(kind_id).approve)
    return _step(kind_id, name, number, "approve", by, reason, fit=True, acknowledged=acknowledged)


@transaction.atomic
def reject(kind_id: str, name: str, number: int, by: User, reason: str) -> Step:
    """A person who neither wrote nor proposed it says no, and why. Raises REL-003, REL-007, REL-009."""
    require(by, kind(kind_id).approve)
    _needs_reason(reason)
    return _step(kind_id, name, number, "reject", by, reason)


@transaction.atomic
def withdraw(kind_id: str, name: str, number: int, by: User, reason: str, today: date) -> Step:
    """Take a version back for ever. Raises REL-003, REL-009, REL-011 while it is in force or planned to be."""
    require(by, kind(kind_id).edit)
    _needs_reason(reason)
    lock(kind_id, name)
    said = queries.said(kind_id, name)
    holds = [*ahead(said, today), *filter(None, [in_force(said, today)])]
    if any(e.number == number for e in holds):
        raise errors.IN_FORCE.error(number=number)
    return _step(kind_id, name, number, "withdraw", by, reason)


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise errors.NEEDS_REASON.error(field="reason")


def _step(
    kind_id: str,
    name: str,
    number: int,
    action: str,
    by: User,
    reason: str,
    fit: bool = False,
    acknowledged: Collection[str] | None = None,
) -> Step:
    version = locked(kind_id, name, number)
    last = version.steps.select_related("by").latest("seq")
    if last.action == action and last.by_id == by.pk:
        return last  # said already
    must(version, last, action)
    if action in ("approve", "reject") and by.pk in queries.involved(version, "save", "propose"):
        raise errors.OWN_WORK.error(number=number)
    remarks = checked(kind_id, name, version.text, action) if fit else ()
    if acknowledged is not None:
        _all_seen(remarks, acknowledged)
    keys = [r.key for r in remarks]
    seen = [k for k in keys if k in (acknowledged or ())]
    made = step(version, last.state, action, by, reason.strip()[:500], keys, seen)
    told_ = {"number": number, "version": version.pk, "digest": version.digest, "state": made.state}
    told_ |= {"step": made.pk, "reason": made.reason, "acknowledged": seen, **row_digests.named(version, made)}
    audit.record(f"version.{action}", subject(version.document), told_, by)
    return made


def locked(kind_id: str, name: str, number: int) -> Version:
    """The version, its document locked. Raises REL-002."""
    document = lock(kind_id, name)
    found = document.versions.filter(number=number).first()
    if found is None:
        raise errors.NO_VERSION.error(name=name, number=number)
    return found


def must(version: Version, last: Step, action: str) -> None:
    """Raises REL-003 where the version's state does not let the action be."""
    if states.after(last.state, action) is None:
        zh, en = WORDS[action]
        raise errors.NOT_POSSIBLE.error(
            number=version.number, state=last.state, by=last.by, at=told(last.at), action_zh=zh, action_en=en
        )


def checked(kind_id: str, name: str, text: str, action: str) -> Sequence[Remark]:
    """What the check says. Raises REL-005, with all of it, where there are errors."""
    remarks = kind(kind_id).check(name, text)
    wrong = sum(r.severity == "error" for r in remarks)
    if wrong:
        zh, en = WORDS[action]
        raise _unfit(errors.UNFIT.error(count=wrong, action_zh=zh, action_en=en), remarks)
    return remarks


def _all_seen(remarks: Sequence[Remark], acknowledged: Collection[str]) -> None:
    left = [r for r in remarks if r.severity == "warning" and r.key not in acknowledged]
    if left:
        raise _unfit(errors.UNACKNOWLEDGED.error(count=len(left)), remarks)


def _unfit(error: Exception, remarks: Sequence[Remark]) -> Exception:
    assert isinstance(error, Unfit)
    error.remarks = remarks
    return error
