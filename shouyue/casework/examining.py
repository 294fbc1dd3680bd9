"""Examinations (考核) of those who contact borrowers: the law asks for one before the first contact, then each year.

Days are appended; one entered by mistake is withdrawn by a further row. The gate is told the newest day that stands, or
that there is none, and the pack decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from shouyue.base import cells, clock
from shouyue.base.errors import Code, ShouyueError
from shouyue.casework.errors import Invalid, Missing
from shouyue.casework.taking import Taken
from shouyue.compliance import audit, pack, row_digests
from shouyue.compliance.wishes import REFERENCE
from shouyue.people.models import Examination, Role, User
from shouyue.people.permissions import PERMISSIONS, require

COLUMNS = ("user", "passed_on")
FACT = "staff_examined_on"
NO_COLLEAGUE = Code(
    "EXAM-001",
    zh="没有这位同事，或其不属于您的门店",
    en="there is no such colleague, or he is not of your store",
    kind=Missing,
)
OWN = Code("EXAM-002", zh="不能登记自己的考核", en="nobody records an examination of his own", kind=Invalid)
BAD_DAY = Code(
    "EXAM-003", zh="通过日期应如 2026-11-24，且不晚于今天",
    en="write the day passed as 2026-11-24, not later than today", kind=Invalid,
)  # fmt: skip
BAD_REFERENCE = Code(
    "EXAM-004", zh="证书编号只能用字母、数字和 . _ : -（最多 64 个）",
    en="a certificate's number has letters, digits and . _ : - (64 at most)", kind=Invalid,
)  # fmt: skip
NO_COLUMN = Code("EXAM-005", zh="文件缺少列：{columns}", en="the file lacks columns: {columns}")


def staff(by: User) -> QuerySet[User]:
    """Whom the user may see of those who contact borrowers: a manager his store's, head office and auditors all."""
    require(by, "exam.view")
    found = User.objects.filter(is_active=True, role__in=PERMISSIONS["case.work"]).select_related("store")
    return found.filter(store_id=by.store_id) if by.role == Role.STORE_MANAGER else found


@transaction.atomic
def record(username: str, passed_on: date | None, reference: str, by: User, withdrawn: bool = False) -> Examination:
    """A day on which somebody passed, or that it does not stand; the same again adds nothing.

    Raises EXAM-001 to -004, PEOPLE-001.
    """
    require(by, "exam.record")
    found = staff(by).select_for_update(no_key=True, of=("self",)).filter(username=username).first()
    if found is None:
        raise NO_COLLEAGUE.error(field="user")
    if found.pk == by.pk:
        raise OWN.error(field="user")
    if passed_on is None or passed_on > clock.today():
        raise BAD_DAY.error(field="passed_on")
    if not REFERENCE.fullmatch(reference):
        raise BAD_REFERENCE.error(field="reference")
    newest = found.examinations.filter(passed_on=passed_on).order_by("-pk").first()
    if newest is not None and (newest.withdrawn, newest.reference) == (withdrawn, reference):
        return newest
    at = clock.now()
    made = Examination.objects.create(
        user=found, passed_on=passed_on, reference=reference, withdrawn=withdrawn, by=by, at=at
    )
    stands = found.examined_on = last(found)
    found.save(update_fields=["examined_on"])
    told = {"examination": made.pk, "passed_on": passed_on.isoformat(), "withdrawn": withdrawn}
    told |= {"stands": stands.isoformat() if stands else "", **row_digests.named(made)}
    audit.record("user.examined", f"user:{found.pk}", told, by, at)
    return made


def last(user: User, day: date | None = None) -> date | None:
    """The newest day that stands, of those not later than ``day``."""
    stands: dict[date, bool] = {}
    for passed_on, withdrawn in user.examinations.order_by("pk").values_list("passed_on", "withdrawn"):
        stands[passed_on] = not withdrawn
    return max((d for d, good in stands.items() if good and (day is None or d <= day)), default=None)


def lasts() -> int | None:
    """For how many days an examination counts by the rules in force; None where no rule asks for one."""
    today = clock.today()
    values = [rule.value_on(today) for rule in pack.active().rules if rule.kind == "fresh_within"]
    return min((v.params["days"] for v in values if v is not None and v.params["fact"] == FACT), default=None)


def take_in(lines: Iterable[str], by: User) -> Taken:
    """A CSV with ``user`` (user name), ``passed_on`` and, where there is one, ``reference``; safe to repeat.

    Each row stands by itself, so a bad one leaves the others. Raises EXAM-005, PEOPLE-001.
    """
    require(by, "exam.record")
    taken = Taken()
    for line, row in cells.read(lines, COLUMNS, NO_COLUMN):
        before = Examination.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            made = record(row["user"], _day(row), row.get("reference", ""), by)
        except ShouyueError as error:
            taken.refuse(line, error)
        else:
            taken.new += made.pk > before
            taken.known += made.pk <= before
    return taken


def _day(row: Mapping[str, str]) -> date:
    try:
        return date.fromisoformat(row["passed_on"])
    except ValueError:
        raise BAD_DAY.error(field="passed_on") from None
