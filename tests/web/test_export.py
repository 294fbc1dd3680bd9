"""The list as a file: permitted, written down, masked, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from shouyue.compliance.models import AuditEntry
from tests import factories


@pytest.mark.django_db
def test_csv_has_the_filtered_rows_and_leaves_an_entry(desk, as_user):
    factories.case(desk.store, desk.rep, 7, name="=HYPERLINK(1)")
    factories.case(desk.store, None, 8, status="closed")
    answer = as_user(desk.manager).post("/cases/export.csv?status=open&phase=collection", {"reason": "work"})
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == ["C000001", "C000007"]
    assert rows[2][2] == "'=**" and rows[1][2] == "测**"
    assert rows[1][7] == "500.00"
    entry = AuditEntry.objects.get()
    assert entry.action == "cases.export" and entry.actor == "manager"
    by = {"status": "open", "phase": "collection"}
    assert entry.data == {"rows": 2, "format": "csv", "filters": by, "reason": "work"}


@pytest.mark.django_db
def test_xlsx_opens_and_keeps_texts_as_texts(desk, as_user):
    factories.case(desk.store, desk.rep, 7, name="=1+1")
    answer = as_user(desk.manager).post("/cases/export.xlsx?status=open", {"reason": "check"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert len(rows) == 4
    assert all(cell.data_type != "f" for row in rows for cell in row)
    assert rows[1][7].value == 500


@pytest.mark.django_db
def test_a_rep_takes_no_list_home(desk, as_user):
    assert as_user(desk.rep).post("/cases/export.csv", {"reason": "work"}).status_code == 403
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{}, {"reason": ""}, {"reason": "because"}])
def test_nothing_is_taken_without_a_reason(desk, as_user, sent):
    client = as_user(desk.manager)
    answer = client.post("/cases/export.csv?status=open", sent)
    assert answer.status_code == 409 and "CASE-024" in answer.content.decode()
    assert client.get("/cases/export.csv?status=open").status_code == 405, "an address alone takes nothing"
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("status=open", {"C000001", "C000002"}),
        ("phase=reminder", {"C000002"}),
        ("bucket=M1", {"C000001"}),
        ("late_from=5&late_to=5", {"C000001"}),
        ("late_from=6", set()),
        ("assignee=none", set()),
        ("segment=ordinary", {"C000002"}),
        ("late_from=abc", None),
    ],
)
def test_filters_of_the_list(desk, as_user, asked, found):
    answer = as_user(desk.manager).get(f"/cases/?{asked}")
    assert answer.status_code == 200
    rows = {case.customer.customer_id for case in answer.context["table"].data}
    if found is None:
        assert "Enter a number" in answer.content.decode()
    else:
        assert rows == found


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["customer", "-dpd", "overdue_minor", "assignee", "-last_contact_at", "nonsense", ""])
def test_the_list_sorts_by_any_column(desk, as_user, sort):
    assert as_user(desk.head).get(f"/cases/?status=open&sort={sort}&page=9").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["", "sort=customer", "page=1", "sort=dpd&page=1"])
def test_order_and_page_change_nothing_about_which_cases_are_shown(desk, as_user, asked):
    factories.case(desk.store, desk.rep, 7, status="closed")
    factories.case(desk.store, None, 8)
    shown = as_user(desk.rep).get(f"/cases/?{asked}").context["table"].rows
    assert {row.record.customer.customer_id for row in shown} == {"C000001", "C000002"}
