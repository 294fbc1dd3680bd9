from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from shouyue.base import database
from shouyue.cli.demo import into_the_morning

pytestmark = pytest.mark.kill

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 24)
NOON = {"SHOUYUE_NOW": "2026-11-24T12:00:00+08:00"}
NEXT_NOON = {"SHOUYUE_NOW": "2026-11-25T12:00:00+08:00"}


def rows(desk, query: str) -> list[tuple]:
    with psycopg.connect(database.start(desk.home / "postgres")) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def days(desk) -> list[date]:
    return [day for (day,) in rows(desk, "SELECT as_of FROM daily_dailyrun ORDER BY 1")]


@pytest.fixture(scope="module")
def demo(desk):
    desk.run("demo", "--no-serve", "--loans", "400", "--days", "2", **NOON)
    return desk


def test_its_last_days_have_been_worked_and_today_is_still_to_do(demo):
    assert days(demo)[:3] == [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    worked = dict(rows(demo, "SELECT business_day, count(*) FROM casework_contact GROUP BY 1"))
    assert worked[DAY - timedelta(days=2)] > 10 and DAY not in worked
    assert rows(demo, "SELECT count(*) FROM casework_contact WHERE status <> 'finished'") == [(0,)]


def test_every_call_of_it_went_through_the_gate(demo):
    assert rows(
        demo,
        "SELECT count(*) FROM casework_contact c JOIN compliance_attempt a ON a.id = c.attempt_id"
        " JOIN compliance_gatedecision d ON d.id = a.decision_id WHERE NOT d.allowed",
    ) == [(0,)]
    demo.run("audit", "verify")


def test_each_role_can_sign_in(demo):
    roles = dict(rows(demo, "SELECT role, count(*) FROM people_user GROUP BY 1"))
    assert set(roles) == {"rep", "store_manager", "head_office", "auditor", "admin"}
    password = json.loads((demo.home / "demo" / "demo.json").read_text())["password"]
    assert (demo.home / "demo" / "demo.json").stat().st_mode & 0o077 == 0
    said = demo.run("demo", "--no-serve", **NOON)
    assert password in said and "rep1" in said and "manager1" in said and "auditor" in said
    checked = demo.run(
        "manage",
        "shell",
        "-c",
        "from django.contrib.auth import authenticate; from django.contrib.auth.password_validation import "
        "validate_password; from shouyue.people.models import User; "
        f"[validate_password({password!r}, u) for u in User.objects.all()]; "
        f"print([authenticate(username=u, password={password!r}) is not None "
        "for u in ('rep1', 'manager1', 'head', 'auditor', 'admin')])",
    )
    assert "[True, True, True, True, True]" in checked


def test_once_loaded_it_stays_as_it_is(demo):
    before = rows(demo, "SELECT count(*), max(seq) FROM compliance_auditentry")
    demo.run("demo", "--no-serve", **NOON)
    assert rows(demo, "SELECT count(*), max(seq) FROM compliance_auditentry") == before


def test_on_another_day_it_goes_on_to_it(demo):
    demo.run("demo", "--no-serve", **NEXT_NOON)
    assert days(demo)[-1] == DAY + timedelta(days=1)
    judged = dict(rows(demo, "SELECT state, count(*) FROM casework_promise GROUP BY 1"))
    assert judged.get("kept", 0) > 0
    demo.run("demo", "--no-serve", "--next-day", **NEXT_NOON)
    assert days(demo)[-1] == DAY + timedelta(days=2)


def test_a_desk_with_real_data_is_left_alone(other_desk):
    other_desk.run("db", "migrate")
    with psycopg.connect(database.start(other_desk.home / "postgres")) as connection:
        connection.execute(
            "INSERT INTO daily_dailyrun (as_of, book, book_version, strategy, strategy_digest, convention,"
            " published_at, totals) VALUES ('2026-11-24', 'main', '1', 's', 'd', 'c', now(), '{}')"
        )
    assert "OPS-020" in other_desk.run("demo", "--no-serve", expect=2)
    assert rows(other_desk, "SELECT count(*) FROM people_user") == [(0,)]


@pytest.mark.parametrize(
    ("local", "starts"),
    [
        ("2026-11-24T12:00", "2026-11-24T12:00"),
        ("2026-11-24T08:30", "2026-11-24T08:30"),
        ("2026-11-24T00:45", "2026-11-24T09:30"),
        ("2026-11-24T20:00", "2026-11-25T09:30"),
        ("2026-11-24T23:59", "2026-11-25T09:30"),
    ],
)
def test_at_night_its_clock_stands_in_the_next_morning(local, starts):
    moment = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)
    assert moment + into_the_morning(moment) == datetime.fromisoformat(starts).replace(tzinfo=SHANGHAI)


def test_every_list_of_the_desk_has_something_to_show(demo):
    for table in ("promise", "plan", "concession", "quote", "matter"):
        assert rows(demo, f"SELECT count(*) FROM casework_{table}")[0][0], table
    assert rows(demo, "SELECT count(*) FROM messaging_letter")[0][0]
    assert rows(demo, "SELECT count(*) FROM casework_concession WHERE state <> 'proposed'")[0][0]
