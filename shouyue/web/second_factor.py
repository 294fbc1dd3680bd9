"""The second factor: a code from the phone (TOTP, RFC 6238), and recovery codes for the day the phone is lost.

The codes of the phone are django-otp's affair: a code counts once, a clock may be half a minute off, and after a wrong
code one waits, each time twice as long. Recovery codes are ten, each good once; the database holds digests of them.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.base.secret import readable_secret
from shouyue.casework.errors import Invalid
from shouyue.compliance import audit
from shouyue.people.models import RecoveryCode, User
from shouyue.people.permissions import require
from shouyue.web import staff

RECOVERY_CODES = 10
#: mark of a session whose user has given a code
_STEP = "second_step"

WRONG_CODE = Code("WEB-020", zh="验证码不对，或已经用过", en="the code is wrong, or was used before", kind=Invalid)
WAIT = Code(
    "WEB-021",
    zh="错误次数过多，请 {seconds} 秒后再试",
    en="too many wrong codes; try again in {seconds} seconds",
    kind=Invalid,
)


def wanted(request: HttpRequest) -> bool:
    """Has this session's user a second factor that he has not shown yet?"""
    user = request.user
    return user.second_factor and request.session.get(_STEP) != user.pk  # type: ignore[union-attr]


def passed(request: HttpRequest) -> None:
    """The session goes on under another key, with the mark that the code was given."""
    request.session.cycle_key()
    request.session[_STEP] = request.user.pk


def begin(user: User) -> TOTPDevice:
    """The secret to be scanned; the same until it is confirmed, so that the page can be loaded again."""
    return TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "phone"})[0]


def confirm(user: User, code: str) -> list[str]:
    """Switch it on by a first right code; returns recovery codes, shown once. Raises WEB-020, WEB-021."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is not None and _right(device, _plain(code)):
            TOTPDevice.objects.filter(user=user, confirmed=True).delete()
            device.confirmed = True
            device.save()
            user.second_factor = True
            user.save(update_fields=["second_factor"])
            codes = _new_codes(user)
            audit.record("user.second_factor_on", f"user:{user.pk}", {}, user)
            return codes
    raise WRONG_CODE.error(field="code")  # outside: that one was wrong stays counted


def check(user: User, code: str) -> None:
    """Raises WEB-020 for what is neither the phone's code nor an unused recovery code, WEB-021 when asked too often."""
    if not _is_right(user, _plain(code)):
        raise WRONG_CODE.error(field="code")


@transaction.atomic
def _is_right(user: User, code: str) -> bool:
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return False
    if code.isdigit():
        return _right(device, code)
    _may_try(device)
    if RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at=None).update(used_at=clock.now()):
        device.throttle_reset()
        audit.record("user.recovery_code", f"user:{user.pk}", {"left": left(user)}, user)
        return True
    device.throttle_increment()
    return False


def left(user: User) -> int:
    """How many recovery codes have not been used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def new_codes(user: User, code: str) -> list[str]:
    """Other recovery codes in place of the old ones, for one who gives a right code. Raises WEB-020, WEB-021."""
    check(user, code)
    with transaction.atomic():
        codes = _new_codes(user)
        audit.record("user.recovery_codes", f"user:{user.pk}", {}, user)
    return codes


@transaction.atomic
def remove(by: User, user_id: int) -> User:
    """For one who has lost phone and codes: he signs in with the password, and sets up another."""
    require(by, "people.manage")
    return switch_off(staff.one(user_id), by)


def switch_off(user: User, by: User | None) -> User:
    """Within a transaction; ``by`` None is the command line."""
    if user.second_factor:
        TOTPDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()
        user.second_factor = False
        user.save(update_fields=["second_factor"])
        audit.record("user.second_factor_off", f"user:{user.pk}", {}, by)
    return user


def _plain(code: str) -> str:
    return "".join(code.split()).lower()


def _right(device: TOTPDevice, code: str) -> bool:
    _may_try(device)
    return device.verify_token(code)


def _may_try(device: TOTPDevice) -> None:
    """Raises WEB-021 while a wrong code is waited for."""
    allowed, why = device.verify_is_allowed()
    if not allowed:
        until = (why or {}).get("locked_until")
        seconds = (until - timezone.now()).total_seconds() if until else 1
        raise WAIT.error(field="code", seconds=max(1, round(seconds)))


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [readable_secret(3) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    return codes


def _digest(code: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"shouyue.recovery:{code}".encode(), hashlib.sha256).hexdigest()
