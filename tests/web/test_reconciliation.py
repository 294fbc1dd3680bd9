"""The reconciliation page: for head office and the auditor, with a file that is permitted and written down."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from shouyue.casework.models import Loan
from shouyue.compliance.models import AuditEntry
from shouyue.daily import reconciliations
from shouyue.web.views import reconciliation
from tests import stated

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(desk, tmp_path):
    return stated.reconciled(tmp_path)


def test_it_shows_totals_causes_and_each_loan_with_a_link_to_its_history(desk, made, as_user):
    answer = as_user(desk.head).get("/reconciliation/")
    text = answer.content.decode()
    assert {c["name"]: c["loans"] for c in answer.context["causes"]} == {
        "due_day": made.differing - 1,
        "not_in_book": 1,
    }
    lines = {line["loan_id"]: line for line in answer.context["lines"]}
    assert set(lines) - {"Z9"} <= {*Loan.objects.values_list("loan_id", flat=True), *stated.OTHERS}
    for loan_id, line in lines.items():
        known = Loan.objects.filter(loan_id=loan_id, customer__cases__isnull=False).first()
        assert (line["link"] is not None) == (known is not None)
        assert known is None or f"/loans/{known.pk}/" in line["link"]
    assert made.book_version in text


def test_filters_and_pages(desk, made, as_user, monkeypatch):
    client = as_user(desk.auditor)
    only = client.get(f"/reconciliation/{made.pk}/?cause=not_in_book").context["lines"]
    assert [line["loan_id"] for line in only] == ["Z9"]
    assert client.get(f"/reconciliation/{made.pk}/?state=only_ours").context["lines"] == []
    assert len(client.get(f"/reconciliation/{made.pk}/?store=S1").context["lines"]) == made.differing - 1
    monkeypatch.setattr(reconciliation, "PER_PAGE", 1)
    first, second = (client.get(f"/reconciliation/{made.pk}/?page={n}").context for n in (1, 2))
    assert first["more"] and first["lines"][0]["loan_id"] != second["lines"][0]["loan_id"]
    assert client.get(f"/reconciliation/{made.pk}/?page=999999999999").context["lines"] == []


def test_the_file_is_what_was_filtered_and_is_written_down(desk, made, as_user):
    answer = as_user(desk.auditor).post(f"/reconciliation/{made.pk}/loans.csv?cause=not_in_book", {"reason": "check"})
    _head, row = csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert row[0] == "Z9" and "7.00" in row
    entry = AuditEntry.objects.get(action="reconciliation.export")
    assert entry.data["reason"] == "check"
    assert entry.data["rows"] == 1 and entry.data["filters"] == {"cause": "not_in_book"}
    assert as_user(desk.head).post(f"/reconciliation/{made.pk}/loans.xlsx", {}).status_code == 409
    answer = as_user(desk.head).post(f"/reconciliation/{made.pk}/loans.xlsx", {"reason": "report"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    assert sheet is not None and sheet.max_row == made.differing + 1


def test_stores_and_reps_see_none_of_it(desk, made, as_user):
    for user in (desk.rep, desk.manager, desk.admin):
        for path in ("/reconciliation/", f"/reconciliation/{made.pk}/"):
            assert as_user(user).get(path).status_code == 403
        taken = as_user(user).post(f"/reconciliation/{made.pk}/loans.csv", {"reason": "check"})
        assert taken.status_code == 403
    assert not AuditEntry.objects.filter(action="reconciliation.export").exists()


def test_totals_outlive_the_list(desk, made, as_user):
    reconciliations.file_of(made).unlink()
    client = as_user(desk.head)
    answer = client.get(f"/reconciliation/{made.pk}/")
    assert answer.context["swept"] and answer.context["causes"] and not answer.context["may_export"]
    assert client.post(f"/reconciliation/{made.pk}/loans.csv", {"reason": "check"}).status_code == 404


def test_before_the_first_statement_it_says_where_they_come_from(desk, as_user):
    assert "balances" in as_user(desk.head).get("/reconciliation/").content.decode()
    assert as_user(desk.head).get("/reconciliation/7/").status_code == 404
