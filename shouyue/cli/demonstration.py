"""The demo's lender and staff, brought from its first day to today through the product's own doors.

Nothing here writes to the desk past the services: the lender's files come from the simulator, go through the importer
and the daily cycle, and the staff's calls go through the gate. The world of the simulator says who answers and who
pays; what a person does in the demo is told to it too, so that his promises are kept, or not, on the next day.

``demo/demo.json`` in ``SHOUYUE_HOME`` holds the size, the first day and the password; ``demo/files`` the lender's
files. Killed anywhere, it goes on from the newest published day.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import transaction

from shouyue.base import clock, files, settings
from shouyue.base.errors import Code
from shouyue.base.secret import readable_secret
from shouyue.book import importing
from shouyue.book.profile import load as load_profile
from shouyue.casework import examining
from shouyue.casework.models import Contact
from shouyue.cli import demo_interviews
from shouyue.cli.shift import work_day
from shouyue.compliance import audit
from shouyue.daily import cycle
from shouyue.daily.business_day import newest
from shouyue.people.models import Region, Role, Store, User
from shouyue.people.permissions import PERMISSIONS
from shouyue.simulator import export, played
from shouyue.simulator.play import Contact as Talk
from shouyue.simulator.play import World
from shouyue.simulator.size import Lender

BOOK = "demo"
SEED = 20_261
#: when the lender's night file is published, and when today's staff has not begun yet
PUBLISHED_AT = time(6, 30)
REPS_PER_STORE = 2

REAL_DESK = Code(
    "OPS-020",
    zh="这里已有账册 {book} 的正式数据，演示不会写入；请把 SHOUYUE_HOME 指向另一个目录",
    en="this desk shows book {book}; the demo will not touch it. Point SHOUYUE_HOME to another folder",
)

#: of people who do not exist
# fmt: off
NAMES = (
    "林晓雯", "陈嘉豪", "黄思敏", "吴俊杰", "周雅婷", "徐子轩", "孙佳怡", "马浩然",
    "朱梦瑶", "胡志强", "郭雨桐", "何文博", "高欣悦", "罗宇航", "郑诗涵", "梁家明",
    "谢静雯", "宋博文", "唐语嫣", "许立新", "韩雪莹", "冯建宇", "邓慧敏", "曹振东",
)
# fmt: on

Say = Callable[[str], None]


@dataclass(frozen=True)
class Demo:
    loans: int
    first_day: date
    password: str

    @classmethod
    def open(cls, loans: int, days: int) -> Demo:
        """The demo of this home, made up now if there is none. Raises OPS-020 on a desk with another book."""
        run = newest()
        if run and run.book != BOOK:
            raise REAL_DESK.error(book=run.book)
        path = folder() / "demo.json"
        if not path.exists():
            about = {"loans": loans, "first_day": f"{_today() - timedelta(days=days)}", "password": readable_secret()}
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.write_text(path, json.dumps(about), private=True)
        about = json.loads(path.read_text())
        return cls(about["loans"], date.fromisoformat(about["first_day"]), about["password"])

    def world(self) -> World:
        return World(self.loans, SEED, self.first_day)

    def bring_up(self, say: Say, beyond_today: bool = False) -> None:
        """Every day up to today; with ``beyond_today`` also one more than the desk shows."""
        run = newest()
        if run is None:
            say("  模拟放贷机构的数据 simulate a lender's files …")
            lender = self.world().lender
            export.write(lender, files_of(self.first_day), balances=True)
            say("  导入 import …")
            self._import(self.first_day, append=False)
            self._staff(lender)
            say(f"  发布 publish {self.first_day} …")
            self._publish(self.first_day)
            run = newest()
        assert run is not None
        past = self._past(run.as_of)
        self._staff(past.world.lender)
        last = max(_today(), run.as_of + timedelta(days=1)) if beyond_today else _today()
        while past.as_of < last:
            if past.as_of < _today():
                say(f"  作业 work {past.as_of} …")
                work_day(past.world, past.as_of)
            say(f"  发布 publish {past.as_of + timedelta(days=1)} …")
            self._night(past)
        demo_interviews.bring_in(folder() / "interviews.csv", SEED, self.first_day)

    def _past(self, as_of: date) -> played.Past:
        """The lender's world as it was left: what was said at the desk, and what its core was told."""
        past = played.Past(self.world(), as_of, [], played.taken_by(files_of(as_of)), "slips")
        for ahead in range((as_of - self.first_day).days):
            day = self.first_day + timedelta(days=ahead)
            past.go_on(day, said_on(day))
        return past

    def _night(self, past: played.Past) -> None:
        """What the next day's file brings, given what was said and told today; imported and published."""
        day, told = past.as_of, settings.home() / "instructions"
        new = played.new_files(told if told.is_dir() else None, past.taken)
        played.night(past, day, said_on(day), new, files_of(past.as_of + timedelta(days=1)))
        self._import(past.as_of, append=True)
        self._publish(past.as_of)

    def _import(self, day: date, append: bool) -> None:
        importing.import_folder(files_of(day), load_profile("demo"), settings.book_path(BOOK), append=append)

    def _publish(self, day: date) -> None:
        """At the hour at which the night file usually comes, but never later than now."""
        morning = clock.moment(day, PUBLISHED_AT)
        with clock.at(min(morning, clock.now())):
            cycle.run(day, BOOK)

    def _staff(self, lender: Lender) -> None:
        """Two reps and a manager per store, and one each of the other roles; made once."""
        if User.objects.filter(username="admin").exists():
            return
        with transaction.atomic():
            names = iter(NAMES * (1 + 3 * lender.store_count // len(NAMES)))
            password = make_password(self.password)  # slow on purpose, so once for all of them
            people: list[tuple[str, Role, Store | None]] = [
                ("head", Role.HEAD_OFFICE, None),
                ("auditor", Role.AUDITOR, None),
                ("admin", Role.ADMIN, None),
            ]
            for n, place in enumerate(lender.stores):
                region, _ = Region.objects.get_or_create(name=place.region)
                store, _ = Store.objects.get_or_create(code=place.code, defaults={"name": place.name, "region": region})
                Store.objects.filter(pk=store.pk, name="").update(name=place.name)
                people.append((f"manager{n + 1}", Role.STORE_MANAGER, store))
                for k in range(REPS_PER_STORE):
                    people.append((f"rep{n * REPS_PER_STORE + k + 1}", Role.REP, store))
            for name, role, store in people:
                User.objects.create(username=name, role=role, store=store, full_name=next(names), password=password)
            head = User.objects.get(username="head")
            for n, (name, role, _store) in enumerate(people):
                if role in PERMISSIONS["case.work"]:
                    passed_on = self.first_day - timedelta(days=10 + 17 * n % 200)
                    examining.record(name, passed_on, f"DEMO-{n}", head)
            audit.record("demo.staff", "desk:demo", {"count": len(people)}, None)

    def sign_ins(self) -> list[str]:
        stores = Store.objects.filter(staff__isnull=False).distinct().order_by("code")
        lines = [f"  密码 password   {self.password}", ""]
        for n, store in enumerate(stores[:4]):
            reps = "  ".join(f"rep{n * REPS_PER_STORE + k + 1}" for k in range(REPS_PER_STORE))
            lines.append(f"  {store}: 店长 manager{n + 1}   提醒催收 {reps}")
        return [*lines, "  总部 head   审计 auditor   管理员 admin"]


def said_on(day: date) -> list[Talk]:
    """The desk's calls of a business day, as the simulator's world hears them: of several promises the nearest."""
    calls = Contact.objects.filter(business_day=day, status=Contact.Status.FINISHED)
    found = []
    calls = calls.select_related("case__customer", "contact_point").prefetch_related("promises")
    for one in calls.order_by("started_at", "pk"):
        promise = min(one.promises.all(), key=lambda made: made.due_on, default=None)
        found.append(
            Talk(
                customer_id=one.case.customer.customer_id,
                moment=one.started_at,
                channel="call",
                number=one.contact_point.phone if one.contact_point else "",
                reached=one.reached,
                promise_on=promise.due_on if promise else None,
                promise_minor=promise.amount_minor if promise else None,
            )
        )
    return found


def folder() -> Path:
    return settings.home() / "demo"


def files_of(day: date) -> Path:
    """The lender's files of a day."""
    return folder() / "files" / day.isoformat()


def _today() -> date:
    return clock.today()
