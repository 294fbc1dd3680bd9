"""Signing interviews of the demo: a file as a lender's own system would write it, taken in by the product's door."""

from __future__ import annotations

from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

from django.db.models import Min

from shouyue.base import cells
from shouyue.casework.interviews import importing
from shouyue.casework.models import Customer

SYSTEM = "signing-desk"
#: one customer in so many was interviewed, and of a large demo no more than these
EVERY, MOST = 3, 300

JOBS = ("企业职工", "机关事业单位", "个体或自营", "灵活就业")
DIFFICULTIES = ("", "", "", "淡季收入会少一些", "年底要回老家")
COLUMNS = (
    *("customer_id", "held_on", "pay_day", "pays_how", "corporate_account", "early_settlement", "difficulties"),
    *("job_kind", "salary_on", "income_a_month", "costs_a_month", "usual_hours", "channel", "not_at_work", "if_lost"),
)


def bring_in(path: Path, seed: int, day: date) -> None:
    """Write the file and take it in; a customer who comes on a later day is added then."""
    opened = (
        Customer.objects.filter(cases__isnull=False).annotate(since=Min("loans__opened_on")).order_by("customer_id")
    )
    told = (one for one in opened if Random(f"{seed}:{one.customer_id}").randrange(EVERY) == 0)  # noqa: S311
    rows = (
        (one.customer_id, min(one.since or day, day), *_said(Random(f"{seed}:said:{one.customer_id}")))  # noqa: S311
        for one in islice(told, MOST)
    )
    cells.write_csv(path, COLUMNS, rows)
    importing.take_in(path, SYSTEM)


def _said(by: Random) -> tuple[object, ...]:
    hour, income = by.choice((9, 12, 14, 18)), by.randrange(4_000, 12_000, 500)
    return (
        by.randrange(1, 29),
        by.choice(("自动扣款", "自己转账")),
        by.choice(("是", "否")),
        by.choice(("是", "否", "否")),
        by.choice(DIFFICULTIES),
        by.choice(JOBS),
        by.randrange(1, 29),
        income,
        income // 2,
        f"{hour}:00-{hour + 2}:00",
        by.choice(("电话", "短信", "在线聊天")),
        by.choice(("是", "否")),
        by.choice(("", "可以留言给他的爱人", "晚上在家，可写信")),
    )
