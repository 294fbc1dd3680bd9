"""Every field that tells of a borrower is classed, copied for him, and erased in time."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection

from shouyue.base import clock
from shouyue.casework import calls, handover, notes
from shouyue.casework.details import keeping as details
from shouyue.casework.errors import Missing
from shouyue.casework.interviews import keeping
from shouyue.casework.matters import working
from shouyue.casework.models import Case, Contact, ContactPoint, Customer, Loan, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance import audit
from shouyue.compliance.models import Attempt, AuditEntry
from shouyue.messaging.letters import making
from shouyue.privacy import copying, erasure
from shouyue.privacy.classification import plain_fields, tables
from shouyue.reports import witness
from tests import factories

pytestmark = pytest.mark.django_db
#: what stands in the records of `worked` and must be found nowhere once they are erased
TELLING = (
    *("测试客户", "990000199001010017", "张联系人", "she said so", "his own words"),
    *("晨光小馆", "老家的哥哥", "her own brother", "虚构巷 7 号"),
)


@pytest.fixture
def worked(db) -> factories.Desk:
    with clock.at(factories.AFTERNOON):
        desk = factories.desk()
        contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
        assert contact is not None
        said = Outcome(
            reached="self", result="promise", promise_minor=50_000, promise_due=factories.TODAY, note="she said so"
        )
        calls.finish(contact.pk, desk.rep, said)
        told_address = details.Said("address", "虚构巷 7 号", "borrower", letters=True)
        details.say(desk.case.pk, told_address, desk.rep, uuid4())
        notes.add(desk.case.pk, "his own words", desk.rep, uuid4())
        told = working.Evidence(note="his own words", reference="ARC-1")
        matter = working.open_matter(desk.case.pk, "vulnerability", told, desk.rep, uuid4())
        working.decide(matter.pk, "release", "his own words", desk.manager, uuid4())
        factories.plan(desk.case, desk.rep)
        factories.interview(desk.case, desk.rep)
        keeping.keep_draft(desk.case.customer_id, {"if_lost": ["her own brother"]}, desk.colleague)
        handover.hand_over(desk.case.pk, desk.colleague.pk, desk.manager, "away", "his own words", uuid4())
        yield desk


def closed(desk: factories.Desk, days_ago: int) -> None:
    Case.objects.filter(customer=desk.case.customer).update(
        status="closed", closed_on=factories.TODAY - timedelta(days=days_ago)
    )
    Loan.objects.filter(customer=desk.case.customer).update(outstanding_minor=0)


def everything() -> str:
    """All that the tables of the desk hold, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        rows = []
        for name in names:
            cursor.execute(f'SELECT t::text FROM "{name}" t')
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def test_every_table_that_knows_a_customer_a_case_or_a_person_is_classed():
    telling = {"casework.Customer", "casework.Case", "compliance.Person"}
    known = {table.name for table in tables()}
    for model in apps.get_models():
        ways = {f.related_model._meta.label for f in model._meta.get_fields() if f.many_to_one or f.one_to_one}
        own = list(plain_fields(model)) if model.__module__.startswith("shouyue.") else []
        if own and model._meta.label != "compliance.Person" and ways & telling:
            assert model._meta.label in known, f"{model._meta.label} is not in privacy/classes.toml"
    assert all(set(t.classes) == {f.name for f in plain_fields(t.model)} for t in tables())


def test_the_copy_holds_what_was_said_and_hides_the_people_around(worked):
    made = copying.copy(worked.case.customer.customer_id, worked.auditor)
    text = json.dumps(made, ensure_ascii=False)
    assert all(one in text for one in ("测试客户", "990000199001010017", "she said so", "his own words"))
    assert worked.number().phone in text
    assert "张联系人" not in text and worked.number("friend").phone not in text
    assert "李提醒" not in text  # somebody else's case
    assert made["tables"]["compliance.GateDecision"] and made["tables"]["casework.Promise"]
    entry = AuditEntry.objects.get(action="privacy.copied")
    assert entry.data == {"rows": made["rows"]} and entry.actor_id == worked.auditor.pk


def test_the_copy_covers_all_customer_numbers_of_the_person(worked):
    Customer.objects.filter(pk=worked.reminder.customer_id).update(person=worked.case.customer.person)
    assert "李提醒" in json.dumps(copying.copy(worked.case.customer.customer_id, None), ensure_ascii=False)


def test_nobody_unknown_is_copied(db):
    with pytest.raises(Missing, match="PRIV-001"):
        copying.copy("nobody", None)


@pytest.mark.parametrize("why", ["open", "recent", "owes"])
def test_who_is_still_needed_is_not_erased(worked, why):
    closed(worked, 10 if why == "recent" else 3000)
    if why == "open":
        Case.objects.filter(pk=worked.case.pk).update(status="open", closed_on=None)
    if why == "owes":
        Loan.objects.filter(customer=worked.case.customer).update(outstanding_minor=1)
    assert erasure.erase(erasure.closed_before(factories.TODAY), None) == 0
    assert Customer.objects.get(pk=worked.case.customer_id).name


def test_once_erased_nothing_in_the_database_tells_who_it_was(worked, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    making.archived(making.make(worked.case.pk, "arrears", "zh", worked.rep, uuid4()))
    assert list(tmp_path.rglob("*.pdf"))
    keep = Customer.objects.exclude(pk=worked.case.customer_id)
    keep.update(id_number="", name="x")
    ContactPoint.objects.exclude(customer=worked.case.customer).delete()
    phones = [point.phone for point in worked.case.customer.contact_points.all()]
    assert all(one in everything() for one in (*TELLING, *phones))
    closed(worked, 3000)
    before = erasure.closed_before(factories.TODAY)
    assert erasure.due(before).count() == 1
    assert erasure.erase(before, None) == 1
    left = everything()
    assert not [one for one in (*TELLING, *phones) if one in left] and not list(tmp_path.rglob("*.pdf"))
    assert erasure.erase(before, None) == 0  # once


def test_what_proves_and_what_counts_is_still_there(worked):
    closed(worked, 3000)
    attempts, entries = Attempt.objects.count(), TimelineEntry.objects.count()
    assert erasure.erase(erasure.closed_before(factories.TODAY), None) == 1
    assert Attempt.objects.count() == attempts and TimelineEntry.objects.count() == entries
    assert Contact.objects.get().contact_point is None
    assert worked.case.promises.get().amount_minor == 50_000
    assert audit.verify().ok and not list(witness.altered())
    assert AuditEntry.objects.get(action="privacy.erased").subject == f"customer:{worked.case.customer_id}"
