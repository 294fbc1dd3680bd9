"""Try before use at the desk: asked for, worked by the worker, read number by number down to the customers."""

from __future__ import annotations

import csv
import html
import io
import re
from uuid import uuid4

import openpyxl
import pytest

from shouyue.ageing import convention as conventions
from shouyue.base.errors import ShouyueError
from shouyue.casework import ending
from shouyue.compliance.models import AuditEntry
from shouyue.daily import jobs
from shouyue.daily.models import TrialRun
from shouyue.daily.strategies import KIND
from shouyue.daily.trial import asking
from shouyue.releases import drafting
from tests import factories
from tests.daily.conftest import DAY, after, case_of, lender, reps, store  # noqa: F401
from tests.daily.trial.conftest import CHANGED

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(lender, reps, store, monkeypatch, tmp_path):  # noqa: F811
    """A lender's book by name, a desk that shows its day, a changed draft, and who works with it."""
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOUYUE_BOOKS", str(lender.path.parent))
    lender.loan("L1", after(-5), amount=30_000)
    lender.loan("L2", after(-5), amount=90_000)
    lender.loan("L3", after(2))
    lender.loan("L4", after(3), store="S2")
    lender.loan("L5", after(-3), amount=10_000, store="S2")
    lender.rows["customers"][0]["name"] = "=1+1"
    lender.loan("L6", after(-6))
    lender.day()
    head = factories.user("head", "head_office", language="en")
    drafting.save(KIND, "standard", CHANGED.text, head, 0)
    ending.end(case_of("C6").pk, "sold", "list 12", head)
    return {
        "head": head,
        "auditor": factories.user("auditor", "auditor", language="en"),
        "manager": factories.user("manager", "store_manager", store, language="en"),
    }


@pytest.fixture
def asked(people, lender, as_user):  # noqa: F811
    def ask(**more):
        given = {"id": uuid4(), "book": lender.path.name, "as_of": DAY, "base": "standard", "candidate": "standard#1"}
        return as_user(people["head"]).post("/trials/", given | {"convention": "default"} | more)

    return ask


@pytest.fixture
def tried(asked) -> TrialRun:
    assert asked().status_code == 302
    found = TrialRun.objects.get()
    assert jobs.try_out(trial=str(found.pk)) == "done"
    return TrialRun.objects.get()


def test_it_is_asked_worked_in_the_background_and_shown(asked, people, as_user):
    answer = asked()
    found = TrialRun.objects.get()
    assert answer.headers["Location"] == f"/trials/{found.pk}/"
    client = as_user(people["head"])
    waits = client.get(f"/trials/{found.pk}/").content.decode()
    assert "Waiting for the worker" in waits and 'hx-trigger="every 1s"' in waits
    TrialRun.objects.update(state="running", stage="decide", done=1, whole=2)
    piece = client.get(f"/trials/{found.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "Deciding by both strategies" in piece and 'value="42"' in piece and "<html" not in piece
    TrialRun.objects.update(state="waiting")
    assert asking.work(found.pk) == "done"
    assert asking.work(found.pk) == "nothing to do"
    assert client.get(f"/trials/{found.pk}/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = client.get(f"/trials/{found.pk}/").content.decode()
    said = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    assert "no effect of calling" in said and "500.00" in said and "20.00" in said
    assert AuditEntry.objects.filter(action="trial.ask").count() == 1


def test_every_number_leads_to_as_many_customers(tried, people, as_user):
    client = as_user(people["auditor"])
    page = client.get(f"/trials/{tried.pk}/").content.decode()
    numbers = re.findall(r'<a href="(/trials/[^"]+/customers\?[^"]+)">([\d,]+)</a>', page)
    assert len(numbers) > 20 and "the work is ended: Sold" in page
    assert [n for address, n in numbers if "aside=ended" in address] == ["1", "1"]
    for address, number in numbers:
        shown = client.get(html.unescape(address))
        assert shown.context["count"] == int(number.replace(",", "")), address
        assert len(shown.context["rows"]) == shown.context["count"], address


def test_names_are_masked_and_lead_to_the_case(tried, people, as_user):
    page = as_user(people["head"]).get(f"/trials/{tried.pk}/customers?change=out").content.decode()
    assert "测试C5" not in page and "测**" in page and "=1+1" not in page
    assert re.search(r'href="/cases/\d+/"', page)


def test_what_is_taken_along_is_permitted_logged_and_harmless(tried, people, as_user):
    address = f"/trials/{tried.pk}/customers"
    client = as_user(people["auditor"])
    answer = client.post(f"{address}.csv?change=out", {"reason": "report"})
    lines = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert {line[0]: line[1] for line in lines[1:]} == {"C1": "'=**", "C5": "测**"}
    assert (
        openpyxl.load_workbook(
            io.BytesIO(client.post(f"{address}.xlsx", {"reason": "check"}).getvalue())
        ).active.max_row
        == 6
    )
    whole = openpyxl.load_workbook(
        io.BytesIO(client.post(f"/trials/{tried.pk}/trial.xlsx", {"reason": "check"}).getvalue())
    )
    assert whole.sheetnames[-1] == "客户 customers"
    logged = AuditEntry.objects.filter(action="trial.export").order_by("seq")
    assert [e.data["rows"] for e in logged] == [2, 5, 6]
    assert logged[0].data["of"] == {"change": "out"}
    assert [e.data["reason"] for e in logged] == ["report", "check", "check"]
    assert client.post(f"{address}.csv", {}).status_code == 409
    assert client.post(f"/trials/{tried.pk}/trial.xlsx", {}).status_code == 409
    assert logged.count() == 3


def test_head_office_asks_the_auditor_reads_others_see_nothing(asked, tried, people, as_user):
    paths = ["/trials/", f"/trials/{tried.pk}/", f"/trials/{tried.pk}/customers"]
    taken = [*(f"{paths[-1]}{end}" for end in (".csv", ".xlsx")), f"/trials/{tried.pk}/trial.xlsx"]
    for who, expected in (("head", 200), ("auditor", 200), ("manager", 403)):
        client = as_user(people[who])
        for path in paths:
            assert client.get(path).status_code == expected, (who, path)
        for path in taken:
            assert client.post(path, {"reason": "report"}).status_code == expected, (who, path)
    for who in ("auditor", "manager"):
        assert as_user(people[who]).post("/trials/", {}).status_code == 403
        assert as_user(people[who]).post(f"/trials/{tried.pk}/again").status_code == 403
    assert as_user(people["head"]).get(f"/trials/{uuid4()}/").status_code == 404


def test_what_cannot_be_asked_is_told_beside_its_field(asked, people, as_user):
    for wrong in ({"as_of": "soon"}, {"book": "/etc"}, {"candidate": "/etc/passwd.toml"}, {"rep_minutes": -1}):
        answer = asked(**wrong)
        assert answer.status_code == 422 and 'role="alert"' in answer.content.decode(), wrong
    drafting.save(KIND, "standard", CHANGED.text.replace("[1..7] ", "[1..x] ", 1), people["head"], 1)
    faulty = asked(candidate="standard#2")
    assert faulty.status_code == 422 and "STRAT-003" in faulty.content.decode()
    assert not TrialRun.objects.exists()


def test_conventions_of_the_house_are_offered_in_words(people, as_user, tmp_path):
    house = tmp_path / "home" / "conventions"
    house.mkdir(parents=True)
    (house / "ours.toml").write_text(
        conventions.path_of("default").read_text("utf-8").replace('"default"', '"ours"', 1)
    )
    page = as_user(people["head"]).get("/trials/").content.decode()
    assert "default · oldest due first" in page and '<option value="ours">ours · oldest due first' in page


def test_asked_twice_it_is_one_trial(asked):
    same = uuid4()
    assert asked(id=same).headers["Location"] == asked(id=same).headers["Location"]
    assert TrialRun.objects.count() == 1


def test_other_days_of_reps_are_another_capacity(asked):
    asked(rep_minutes=1)
    found = TrialRun.objects.get()
    asking.work(found.pk)
    done = asking.result(TrialRun.objects.get())
    assert done is not None
    line = next(w for w in done.summary["workload"] if w["store"] == "S1")
    assert line["capacity"] == line["reps"] and line["now_over"] == line["now_worked"]


def test_what_failed_says_why_and_goes_on_where_it_stopped(asked, people, as_user, monkeypatch):
    asked()
    found = TrialRun.objects.get()

    def broken(*_given, **_more):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(asking.run.comparing, "side_by_side", broken)
        with pytest.raises(MemoryError):
            asking.work(found.pk)
    client = as_user(people["head"])
    page = client.get(f"/trials/{found.pk}/").content.decode()
    assert "TRY-004" in page and "Go on" in page
    assert client.post(f"/trials/{found.pk}/again").status_code == 302
    assert asking.work(found.pk) == "done"
    assert client.post(f"/trials/{found.pk}/again").status_code == 409
    with pytest.raises(ShouyueError, match="TRY-005"):
        asking.again(people["head"], found.pk)


def test_old_rows_are_swept_and_the_question_stays(tried, people, as_user, monkeypatch):
    assert asking.sweep() == 0
    monkeypatch.setattr(asking, "KEEP_DAYS", -1)
    assert asking.sweep() == 1 and not asking.folder(tried.pk).exists()
    assert "Ask for it again" in as_user(people["head"]).get(f"/trials/{tried.pk}/").content.decode()
    assert TrialRun.objects.count() == 1
