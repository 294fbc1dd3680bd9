"""Head office sends in a file of interviews: good rows stand, bad ones are named, nothing is kept of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouyue.casework.interviews import form
from shouyue.casework.models import Interview
from shouyue.compliance.models import AuditEntry
from shouyue.web.views import interview_imports
from tests import factories

pytestmark = pytest.mark.django_db
HEAD = "customer_id,held_on,pay_day,if_lost"


@pytest.fixture
def send(desk, as_user, afternoon, tmp_path, monkeypatch):
    """What the page answers to a file of these rows."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def one(*rows: str, name: str = "crm.csv", head: str = HEAD, encoding: str = "utf-8", by=None, **more):
        file = SimpleUploadedFile(name, "\n".join((head, *rows)).encode(encoding))
        sent = {"file": file, "system": "crm", "encoding": encoding, **more}
        answer = as_user(by or desk.head).post("/interviews/", sent)
        assert not list(Path(tmp_path).glob("shouyue-*")), "the file is gone"
        return answer

    return one


def row(desk, *cells: str) -> str:
    return ",".join((desk.case.customer.customer_id, *cells))


def test_good_rows_stand_bad_ones_are_named_and_the_same_file_changes_nothing(desk, send):
    rows = row(desk, "2026-11-02", "8", "写信给他"), "NOBODY,2026-11-02,8,秘密"
    rows += (desk.theirs.customer.customer_id + ",2026-11-02,41,秘密",)
    first = send(*rows)
    taken = first.context["taken"]
    assert first.status_code == 200 and (taken.read, taken.new, taken.refused) == (3, 1, 2)
    asked = form.current().questions["pay_day"]
    assert [(line, field, code) for line, field, code, _ in first.context["faults"]] == [
        (3, "customer_id", "INTV-016"),
        (4, asked.en, "INTV-005"),
    ]
    text = first.content.decode()
    assert "there is no such customer" in text and "秘密" not in text and "41" not in first.context["faults"][1][3]
    made = Interview.objects.get()
    assert (made.answers["pay_day"], made.source, made.by) == (8, "crm", None)
    entry = AuditEntry.objects.get(action="interview.import")
    assert (entry.actor_id, entry.subject, entry.data["new"]) == (desk.head.pk, "system:crm", 1)
    again = send(*rows).context["taken"]
    assert (again.new, again.known, again.refused) == (0, 1, 2) and Interview.objects.count() == 1


def test_in_chinese_and_in_another_encoding(desk, send):
    factories.User.objects.update(language="zh-hans")
    answer = send(row(desk, "2026-11-02", "8", "写信"), "无此人,2026-11-02,8,", encoding="gb18030")
    assert answer.context["taken"].new == 1 and "没有这个客户" in answer.content.decode()
    assert Interview.objects.get().answers["if_lost"] == "写信"


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        ("INTV-023", {"name": "crm.parquet"}),
        ("INTV-015", {"head": "customer_id,held_on,pay_day,shoe_size"}),
        ("INTV-014", {"system": "our crm!"}),
        ("INTV-021", {"file": ""}),
        ("BOOK-208", {"name": "crm.xlsx"}),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole_with_its_code(desk, send, code, sent):
    answer = send(row(desk, "2026-11-02", "8", ""), **sent)
    assert answer.status_code == 422 and code in answer.context["error"] and not Interview.objects.exists()


def test_too_large_a_file_leaves_nothing_half_taken(desk, send, monkeypatch):
    rows = row(desk, "2026-11-02", "8", ""), "NOBODY,2026-11-02,8,"
    monkeypatch.setattr(interview_imports, "MOST_ROWS", 1)
    assert "INTV-020" in send(*rows).context["error"] and not Interview.objects.exists()
    monkeypatch.setattr(interview_imports, "LARGEST_MB", 0)
    assert "INTV-022" in send(*rows).context["error"] and not AuditEntry.objects.filter(action="interview.import")


def test_only_head_office_sends_one_in(desk, send):
    for by in (desk.rep, desk.manager, desk.auditor, desk.admin):
        assert send(row(desk, "2026-11-02", "8", ""), by=by).status_code == 403
    assert not Interview.objects.exists()
