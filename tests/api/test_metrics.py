from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from shouyue.casework.models import Case, Customer
from shouyue.compliance.models import Person
from shouyue.daily.models import DailyRun
from shouyue.people.models import Store

pytestmark = [pytest.mark.django_db, pytest.mark.urls("shouyue.api.urls")]


def scrape(client, **headers) -> dict[str, float]:
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def make_case(number: int, phase: str, status: str = "open") -> None:
    store, _ = Store.objects.get_or_create(code="S1")
    customer = Customer.objects.create(
        customer_id=f"C{number}",
        person=Person.objects.create(key=f"p{number}"),
        store=store,
        name="测试客户",
        zone="Asia/Shanghai",
    )
    Case.objects.create(
        customer=customer,
        store=store,
        status=status,
        opened_on=date(2026, 11, 24),
        as_of=date(2026, 11, 24),
        strategy="standard@1",
        phase=phase,
        segment="m1",
    )


def test_open_cases_are_counted_by_phase(client):
    make_case(1, "collection")
    make_case(2, "collection")
    make_case(3, "reminder")
    make_case(4, "reminder", status="closed")
    numbers = scrape(client)
    assert numbers['shouyue_cases_open{phase="collection"}'] == 2
    assert numbers['shouyue_cases_open{phase="reminder"}'] == 1
    assert numbers["shouyue_database_up"] == 1


def test_the_newest_day_is_told(client):
    DailyRun.objects.create(
        as_of=date(2026, 11, 24),
        book="demo",
        book_version="v1",
        strategy="standard",
        strategy_digest="d",
        convention="default",
        published_at=datetime(2026, 11, 23, 22, 30, tzinfo=UTC),
    )
    numbers = scrape(client)
    assert numbers["shouyue_business_day_timestamp_seconds"] == datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    published = datetime(2026, 11, 23, 22, 30, tzinfo=UTC).timestamp()
    assert numbers["shouyue_day_published_timestamp_seconds"] == published


def test_requests_are_counted_by_route_and_not_by_address(client):
    name = 'shouyue_requests_total{method="GET",route="health/live",status="200"}'
    before = scrape(client).get(name, 0)
    client.get("/health/live")
    client.get("/no/such/page/13800000000?q=wang-xiaoming")
    after = client.get("/metrics").content.decode()
    assert f"{name} {before + 1}" in after
    assert 'route="unmatched",status="404"' in after
    assert "13800000000" not in after and "wang-xiaoming" not in after


def test_every_answer_has_an_id_to_find_its_log_lines_by(client):
    first, second = (client.get("/health/live")["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{16}", first) and first != second


@pytest.mark.parametrize(
    "where",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.7"},
    ],
)
def test_metrics_are_for_this_machine_only(client, where):
    assert client.get("/metrics", **where).status_code == 403


def test_a_token_opens_metrics_from_anywhere(client, monkeypatch):
    monkeypatch.setenv("SHOUYUE_METRICS_TOKEN", "a long token")
    away = {"REMOTE_ADDR": "10.0.0.7"}
    assert client.get("/metrics", **away, HTTP_AUTHORIZATION="Bearer a long token").status_code == 200
    assert client.get("/metrics", **away, HTTP_AUTHORIZATION="Bearer another").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403


def test_one_process_answers_for_all(tmp_path):
    """Two processes that each served a request: what either reports is two."""
    count = "import django; django.setup(); from shouyue.api import metrics; metrics.answered('r', 'GET', 200, 0.1)"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "SHOUYUE_NO_DATABASE": "1"}
    for code in (count, f"{count}; print(metrics.text().decode())"):
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert 'shouyue_requests_total{method="GET",route="r",status="200"} 2.0' in said.stdout
    assert "shouyue_database_up 0.0" in said.stdout
