"""Contact data for the core at the desk: taken with a reason by head office alone, and on no page in full."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from shouyue.base import clock
from shouyue.casework.models import Instruction
from shouyue.compliance.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db
SECRETS = ("20000000009", "新单位", "王五")


@pytest.fixture
def told(desk):
    factories.told(desk.case, desk.rep)
    return desk


def test_head_office_makes_a_file_and_takes_it_along(told, as_user):
    head = as_user(told.head)
    page = head.get("/core/")
    assert dict(page.context["untold"]) == {"New number": 1, "Number corrected": 1, "Employer": 1}
    assert head.post("/core/", {}).status_code == 409 and not Instruction.objects.exists()
    assert head.post("/core/", {"reason": "core"}).status_code == 302
    page = head.get("/core/")
    assert page.context["untold"] == [] and page.context["waiting"] == 3
    assert [(one["number"], one["count"], one["waits"]) for one in page.context["files"]] == [(1, 3, 3)]
    assert not [word for word in SECRETS if word in page.content.decode()]
    taken = head.post("/core/file.csv", {"number": "1", "reason": "core"})
    assert taken["Content-Disposition"] == 'attachment; filename="contacts-000001.csv"'
    rows = list(csv.DictReader(io.StringIO(taken.content.decode())))
    assert [row["change"] for row in rows if row["record"] == "change"] == [
        *("number_added", "number_corrected", "employer"),
    ]
    assert all(word in taken.content.decode() for word in SECRETS)
    assert [e.action for e in AuditEntry.objects.filter(action__startswith="contact_changes").order_by("seq")] == [
        *("contact_changes.export", "contact_changes.again"),
    ]
    head.post("/core/", {"reason": "core"})
    assert Instruction.objects.count() == 1, "nothing is told twice"


def test_without_a_reason_or_a_file_nothing_is_taken(told, as_user):
    head = as_user(told.head)
    head.post("/core/", {"reason": "core"})
    for sent, status in (
        ({"number": "1"}, 409),
        ({"number": "1", "reason": "x"}, 409),
        ({"number": "7", "reason": "core"}, 404),
        ({"number": "one", "reason": "core"}, 404),
    ):
        assert head.post("/core/file.csv", sent).status_code == status, sent
    assert not AuditEntry.objects.filter(action="contact_changes.again").exists()


def test_the_auditor_sees_what_was_told_and_takes_nothing(told, as_user):
    as_user(told.head).post("/core/", {"reason": "core"})
    auditor = as_user(told.auditor)
    text = auditor.get("/core/").content.decode()
    assert "contacts" not in text and "Make the next file" not in text and "Take a file along" not in text
    assert auditor.post("/core/", {"reason": "core"}).status_code == 403
    assert auditor.post("/core/file.csv", {"number": "1", "reason": "core"}).status_code == 403


@pytest.mark.parametrize(("language", "says"), [("zh-hans", "核心系统仍未更新"), ("en", "still says otherwise")])
def test_what_the_core_still_says_otherwise_leads_to_the_case(told, as_user, monkeypatch, language, says):
    told.head.language = language
    told.head.save()
    early = clock.now() - timedelta(days=9)
    as_user(told.head).post("/core/", {"reason": "core"})
    assert as_user(told.head).get("/core/").context["late"] == []
    Instruction.objects.update(made_at=early)
    page = as_user(told.head).get("/core/")
    text = page.content.decode()
    assert says in text and page.context["how_many_late"] == 3
    assert f'href="/cases/{told.case.pk}/"' in text and told.case.customer.name not in text
