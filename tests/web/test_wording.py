"""Words that may not be written: said beside the text, nothing typed is lost, and nobody overrules a block."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.matters import working
from shouyue.casework.matters.working import Evidence
from shouyue.casework.models import Contact, Handover, Matter, TimelineEntry
from shouyue.compliance.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


def write(client, desk, text: str, **more):
    return client.post(f"/cases/{desk.case.pk}/note", {"text": text, "id": str(uuid4()), **more})


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_a_block_is_told_with_word_reason_and_source_and_is_not_saved(desk, as_user, who):
    answer = write(as_user(getattr(desk, who)), desk, "此人是 老 赖", wording_reason="the manager says so")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "此人是 老 赖" in text, "what was typed stays"
    assert "“老赖”: abusive language" in text and "China Banking Association" in text
    assert not TimelineEntry.objects.filter(kind="note").exists()


def test_a_warning_asks_for_a_reason_which_is_kept(desk, as_user):
    client = as_user(desk.rep)
    answer = write(client, desk, "客户威胁要弄死我")
    text = answer.content.decode()
    assert answer.status_code == 422 and 'name="wording_reason"' in text and "客户威胁要弄死我" in text
    assert write(client, desk, "客户威胁要弄死我", wording_reason="客户原话，已报店长").status_code == 302
    entry = TimelineEntry.objects.get(kind="note")
    assert entry.data["wording"] == ["words-threats"] and entry.data["wording_reason"] == "客户原话，已报店长"
    audited = AuditEntry.objects.get(action="note.add").data
    assert audited["wording"] == ["words-threats"] and "wording_reason" not in audited
    assert "Words kept because: 客户原话，已报店长" in client.get(f"/cases/{desk.case.pk}/").content.decode()


def test_the_note_of_a_call_is_checked_before_the_call_is_logged(desk, as_user):
    client = as_user(desk.rep)
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    finish = f"/contacts/{contact.pk}/finish"
    answer = client.post(finish, {"reached": "nobody", "note": "deadbeat as ever"})
    assert answer.status_code == 422 and list(answer.context["errors"]) == ["note"]
    answer = client.post(finish, {"reached": "nobody", "note": "says we threatened him with prison"})
    assert answer.status_code == 422 and list(answer.context["errors"]) == ["wording_reason"]
    assert 'id="wording_reason"' in answer.content.decode()
    contact.refresh_from_db()
    assert contact.status == Contact.Status.STARTED
    reason = {"reached": "nobody", "note": "says we threatened him with prison", "wording_reason": "complaint"}
    assert client.post(finish, reason).status_code == 302
    assert TimelineEntry.objects.get(kind="contact").data["wording_reason"] == "complaint"


def test_the_note_of_a_handover_is_checked(desk, as_user):
    sent = {"taker": desk.colleague.pk, "reason": "hostile", "note": "这个无赖你来", "id": str(uuid4())}
    answer = as_user(desk.rep).post(f"/cases/{desk.case.pk}/hand-over", sent)
    assert answer.status_code == 422 and "这个无赖你来" in answer.content.decode()
    assert not Handover.objects.exists()


def _refused(client, path: str, form: dict[str, str], beside: str) -> None:
    """The block is told beside its field, nothing typed is lost; the warning asks for its reason in the same form."""
    text = client.post(path, form | {"note": "这个老赖", "id": str(uuid4())})
    shown = text.content.decode()
    assert text.status_code == 422 and shown.count("这个老赖</textarea>") == 1
    assert f'id="{beside}-error"' in shown and f'aria-describedby="{beside}-error"' in shown and "“老赖”" in shown
    answer = client.post(path, form | {"note": "says he was told of jail", "id": str(uuid4())})
    shown = answer.content.decode()
    assert answer.status_code == 422 and shown.count('id="wording_reason"') == 1
    kept = client.post(path, form | {"note": "told of jail", "id": str(uuid4()), "wording_reason": "his own words"})
    assert kept.status_code == 302


def test_the_notes_of_a_matter_are_checked_beside_their_fields(desk, as_user):
    rep, manager = as_user(desk.rep), as_user(desk.manager)
    _refused(rep, f"/cases/{desk.case.pk}/matters/new", {"kind": "hardship"}, "evidence-note")
    path = f"/matters/{Matter.objects.get().pk}/"
    _refused(rep, path, {"action": "add"}, "evidence-note")
    _refused(manager, path, {"action": "extend", "until": str(factories.TODAY)}, "later-why")
    _refused(manager, path, {"action": "release"}, "why")
    _refused(rep, path, {"action": "reopen"}, "reopen-why")
    assert "Words kept because: his own words" in rep.get(f"/cases/{desk.case.pk}/").content.decode()


def test_the_notes_of_a_concession_and_of_lost_contact_are_checked_beside_their_fields(desk, as_user):
    made = factories.waiver(desk.case, desk.rep)
    _refused(as_user(desk.head), f"/concessions/{made.pk}/", {"action": "reject"}, "note")
    loan = desk.case.customer.loans.get().loan_id
    form = {"loan": loan, "penalty": "300", "reason": "hardship", "action": "save"}
    _refused(as_user(desk.rep), f"/cases/{desk.case.pk}/concessions/new", form, "note")
    form = {"step": "own_file", "outcome": "nothing"}
    _refused(as_user(desk.rep), f"/cases/{desk.case.pk}/lost-contact", form, "note")


def test_words_that_a_matter_was_opened_with_are_not_written_under_another_of_its_forms(desk, as_user):
    made = working.open_matter(desk.case.pk, "hardship", Evidence(note="told"), desk.rep, uuid4())
    sent = {"action": "reject", "note": "这个老赖", "id": str(uuid4())}
    page = as_user(desk.manager).post(f"/matters/{made.pk}/", sent).content.decode()
    assert page.count("这个老赖") == 1 and 'id="later-why-error"' not in page
