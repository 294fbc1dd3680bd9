from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from shouyue.base import clock
from shouyue.daily.models import DailyRun

pytestmark = [pytest.mark.django_db, pytest.mark.urls("shouyue.api.urls")]


@pytest.fixture
def published() -> DailyRun:
    return DailyRun.objects.create(
        as_of=date(2026, 11, 24),
        book="demo",
        book_version="v1",
        strategy="standard",
        strategy_digest="d",
        convention="default",
        published_at=datetime(2026, 11, 23, 22, 30, tzinfo=UTC),
    )


def test_live_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_before_the_first_day(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": True,
        "migrations": True,
        "newest_day": None,
        "newest_day_age_days": None,
    }


def test_ready_tells_the_age_of_the_newest_day_by_the_lenders_calendar(client, published):
    # 17:00 in UTC on the 25th is one in the morning of the 26th in Shanghai
    with clock.at(datetime(2026, 11, 25, 17, 0, tzinfo=UTC)):
        answer = client.get("/health/ready").json()
    assert (answer["newest_day"], answer["newest_day_age_days"]) == ("2026-11-24", 2)


def test_not_ready_while_a_migration_is_missing(client, monkeypatch):
    monkeypatch.setattr("shouyue.api.health._seen_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'daily'")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "migrations"


def test_not_ready_without_the_database(client, settings, monkeypatch):
    monkeypatch.setattr("shouyue.api.health._seen_migrated", True)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        with pytest.raises(Exception, match="timeout"):
            cursor.execute("SELECT pg_sleep(1)")  # the transaction is broken: nothing answers any more
        answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] is False


def test_health_is_the_same_for_everybody(client, published):
    assert set(client.get("/health/ready").json()) == {
        "status",
        "database",
        "migrations",
        "newest_day",
        "newest_day_age_days",
    }
