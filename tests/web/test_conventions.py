"""Two conventions compared on a page: who moves, the loans behind each number, at once or by the worker."""

from __future__ import annotations

import csv
import re
from io import StringIO

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from shouyue.compliance.models import AuditEntry
from shouyue.reports import comparisons, jobs
from tests import factories, published

pytestmark = pytest.mark.django_db
ASKED = {"was": "default", "now": "fineract", "as_of": "2026-11-24", "known_at": ""}


@pytest.fixture
def shown(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path / "books"))
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    published.publish(tmp_path / "books")
    return desk


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_head_office_sees_who_moves_and_the_named_customers_behind_each_cell(shown, as_user):
    client = as_user(shown.head)
    assert "amount" in text(client.get("/conventions/")) and "Apache Fineract" in text(client.get("/conventions/"))
    answer = client.post("/conventions/", ASKED, follow=True)
    assert answer.status_code == 200
    assert [h["count"] for h in answer.context["headline"]] == ["0", "0", "3", "3"]
    line = next(one for one in answer.context["matrix"]["lines"] if one["bucket"] == "M1")
    cell = next(c for c in line["cells"] if c["count"])
    assert (cell["count"], cell["tone"], cell["amount"]) == ("3", "", "CN¥3,000.00")
    behind = client.get(answer.request["PATH_INFO"] + cell["link"])
    lines = behind.context["lines"]
    assert {one["days"] for one in lines} == {"5 → 2"} and {one["bucket"] for one in lines} == {"M1 → R1"}
    assert f"/cases/{shown.theirs.pk}/" in {one["link"] for one in lines}
    assert "外**" in text(behind) and "外店客户" not in text(behind) and "测试客户" not in text(behind)


def test_the_same_question_is_worked_out_once_and_is_found_again(shown, as_user, monkeypatch):
    client = as_user(shown.auditor)
    first = client.post("/conventions/", ASKED).headers["Location"]
    monkeypatch.setattr("shouyue.ageing.moving.age_shard", None)
    assert client.post("/conventions/", ASKED).headers["Location"] == first
    assert first in text(client.get("/conventions/"))


def test_a_large_book_is_left_to_the_worker(shown, as_user, monkeypatch):
    monkeypatch.setattr(comparisons, "AT_ONCE", 2)
    client = as_user(shown.head)
    path = client.post("/conventions/", ASKED).headers["Location"]
    client.post("/conventions/", ASKED)
    assert ProcrastinateJob.objects.filter(task_name="comparison", status="todo").count() == 1
    key = path.split("/")[2]
    assert "waits for the worker" in text(client.get(path))
    piece = client.get(path, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in text(piece) and "<html" not in text(piece)
    assert jobs.work_out_comparison(key) == "done"
    assert client.get(path, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert client.get(path).context["headline"][-1]["count"] == "3"


def test_what_went_wrong_is_said(shown, as_user, monkeypatch, tmp_path):
    monkeypatch.setattr(comparisons, "AT_ONCE", 2)
    client = as_user(shown.head)
    (tmp_path / "conventions").mkdir()
    ours = tmp_path / "conventions" / "ours.toml"
    ours.write_text('name = "ours"\n')
    path = client.post("/conventions/", ASKED | {"now": "ours"}).headers["Location"]
    ours.write_text('name = "ours"\n[lateness]\ngrace_days = 3\n')
    assert jobs.work_out_comparison(path.split("/")[2]) == "failed"
    assert "RPT-002" in text(client.get(path))
    ours.write_text("nonsense")
    assert "not TOML" in text(client.get("/conventions/"))


@pytest.mark.parametrize(
    "wrong", [{"as_of": "2030-01-01"}, {"as_of": ""}, {"was": "../../etc"}, {"known_at": "2026-99-01"}]
)
def test_a_slip_is_said_beside_its_field(shown, as_user, wrong):
    answer = as_user(shown.head).post("/conventions/", ASKED | wrong)
    assert answer.status_code == 422 and answer.context["form"].errors
    assert not list(comparisons.recent())


def test_the_loans_are_taken_along_without_names_and_that_is_written_down(shown, as_user):
    client = as_user(shown.auditor)
    path = client.post("/conventions/", ASKED).headers["Location"]
    answer = client.post(f"{path}export.csv?was=M1", {"reason": "inspection"})
    said = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(said)))
    assert [row["客户号 customer"] for row in rows] == ["C000001", "C000002", "C000003"]
    assert "测试客户" not in said and "外" not in said
    entry = AuditEntry.objects.get(action="conventions.export")
    assert entry.data["rows"] == 3 and entry.data["was"] == "M1" and entry.actor_id == shown.auditor.pk
    assert entry.data["reason"] == "inspection"
    assert client.post(f"{path}export.xlsx", {}).status_code == 409
    assert client.post(f"{path}export.xlsx", {"reason": "report"}).status_code == 200


@pytest.mark.parametrize(("who", "status"), [("rep", 403), ("manager", 403), ("admin", 403), ("head", 200)])
def test_only_head_office_and_auditors_compare(shown, as_user, who, status):
    path = as_user(shown.auditor).post("/conventions/", ASKED).headers["Location"]
    client = as_user(getattr(shown, who))
    for address in ("/conventions/", path):
        assert client.get(address).status_code == status, address
    assert client.post(f"{path}export.csv", {"reason": "report"}).status_code == status
    assert client.post("/conventions/", ASKED).status_code in (302, 403)


def test_what_is_not_there_is_not_found_and_nothing_leaves_the_shelf(shown, as_user):
    client = as_user(shown.head)
    for key in ("0" * 24, "nothing", "-etc-passwd"):
        answer = client.get(f"/conventions/{key}/")
        assert answer.status_code == 404 and "RPT-001" in text(answer)
    assert client.get("/conventions/%2e%2e/").status_code == 404


def test_the_oldest_leave_the_shelf(shown, as_user, monkeypatch):
    monkeypatch.setattr(comparisons, "KEPT", 2)
    client = as_user(shown.head)
    for name in ("mba", "ots", "eba"):
        client.post("/conventions/", ASKED | {"now": name})
    assert len(list(comparisons.recent())) == 2


def test_without_a_published_day_there_is_nothing_to_compare_on(desk, as_user):
    client = as_user(desk.head)
    assert "No day has been published yet" in text(client.get("/conventions/"))
    assert "DAY-011" in text(client.post("/conventions/", ASKED | {"as_of": str(factories.TODAY)}))
