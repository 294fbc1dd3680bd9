"""Accounts of the people who work at the desk, kept by an administrator. Every change is in the audit trail."""

from __future__ import annotations

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from shouyue.base.errors import Code
from shouyue.casework.errors import Invalid, Missing
from shouyue.compliance import audit
from shouyue.people.models import Line, Role, Store, User
from shouyue.people.permissions import require

NAME_TAKEN = Code("WEB-001", zh="用户名已被使用", en="this user name is taken", kind=Invalid)
NEEDS_STORE = Code("WEB-002", zh="员工和店长须属于一个门店", en="a rep and a store manager need a store", kind=Invalid)
UNKNOWN_ROLE = Code("WEB-003", zh="没有这个岗位", en="there is no such role", kind=Invalid)
NO_USER = Code("WEB-004", zh="没有这个用户", en="there is no such user", kind=Missing)
NOT_YOURSELF = Code("WEB-005", zh="不能停用自己的账号", en="you cannot deactivate your own account")
UNKNOWN_LINE = Code("WEB-023", zh="没有这种线路", en="there is no such kind of line", kind=Invalid)
WEAK_PASSWORD = Code("WEB-006", zh="密码太弱：{why}", en="the password is too weak: {why}", kind=Invalid)


@transaction.atomic
def add(
    by: User, username: str, full_name: str, role: str, store_id: int | None, capacity_minutes: int, password: str
) -> User:
    """A new account. Raises WEB-001 to WEB-003, WEB-006 naming the field to mend."""
    require(by, "people.manage")
    if role not in Role.values:
        raise UNKNOWN_ROLE.error(field="role")
    at_store = role in (Role.REP, Role.STORE_MANAGER)
    if at_store and not Store.objects.filter(pk=store_id).exists():
        raise NEEDS_STORE.error(field="store")
    user = User(
        username=username,
        full_name=full_name,
        role=role,
        store_id=store_id if at_store else None,
        capacity_minutes=capacity_minutes,
    )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WEAK_PASSWORD.error(field="password", why=" ".join(error.messages)) from None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise NAME_TAKEN.error(field="username") from None
    audit.record("user.add", f"user:{user.pk}", {"role": role, "store": user.store_id}, by)
    return user


def one(user_id: int) -> User:
    """An account, locked until the transaction ends. Raises WEB-004."""
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise NO_USER.error()
    return user


@transaction.atomic
def set_active(by: User, user_id: int, active: bool) -> User:
    """Let somebody in again, or no longer. His cases stay his until they are handed over or allocated."""
    require(by, "people.manage")
    user = one(user_id)
    if user.pk == by.pk and not active:
        raise NOT_YOURSELF.error()
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
        audit.record("user.activate" if active else "user.deactivate", f"user:{user.pk}", {}, by)
    return user


@transaction.atomic
def set_capacity(by: User, user_id: int, minutes: int) -> User:
    """Minutes of calls a day that allocation may give; 0 while away."""
    require(by, "people.manage")
    user = one(user_id)
    minutes = max(0, min(minutes, 1440))
    if user.capacity_minutes != minutes:
        before, user.capacity_minutes = user.capacity_minutes, minutes
        user.save(update_fields=["capacity_minutes"])
        audit.record("user.capacity", f"user:{user.pk}", {"minutes": minutes, "before": before}, by)
    return user


@transaction.atomic
def set_line(by: User, user_id: int, line: str) -> User:
    """What somebody calls from, of ``Line``; empty: as the house says. Raises WEB-023."""
    require(by, "people.manage")
    if line and line not in Line.values:
        raise UNKNOWN_LINE.error(field="line")
    user = one(user_id)
    if user.line != line:
        before, user.line = user.line, line
        user.save(update_fields=["line"])
        audit.record("user.line", f"user:{user.pk}", {"line": line, "before": before}, by)
    return user


@transaction.atomic
def unlock(by: User, user_id: int) -> User:
    """Let somebody try again who gave too many wrong passwords."""
    require(by, "people.manage")
    return forgive(one(user_id), by)


def forgive(user: User, by: User | None) -> User:
    """Within a transaction; ``by`` None is the command line."""
    if reset(username=user.get_username()):
        audit.record("user.unlock", f"user:{user.pk}", {}, by)
    return user


def locked() -> frozenset[str]:
    """Names that are locked for now."""
    since = timezone.now() - django_settings.AXES_COOLOFF_TIME
    tries = AccessAttempt.objects.filter(
        failures_since_start__gte=django_settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
    )
    return frozenset(name for name in tries.values_list("username", flat=True) if name)
