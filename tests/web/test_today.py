"""The manager's Today: every number opens the rows it was counted from."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.models import Promise
from shouyue.casework.outcome import Outcome
from shouyue.reports.rows import Figure
from shouyue.reports.today import today
from shouyue.web.drill import FIGURES
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def busy(desk):
    """A day on which something of everything happened at the first store."""
    late = Outcome(reached="self", result="promise", promise_minor=50_000, promise_due=factories.TODAY)
    for case, outcome in ((desk.case, late), (desk.reminder, Outcome(reached="self", result="will_deposit"))):
        contact = calls.start(case.pk, desk.number(case=case).pk, desk.rep, uuid4()).contact
        assert contact is not None
        calls.finish(contact.pk, desk.rep, outcome)
    factories.case(desk.store, None, 20)
    factories.case(desk.store, desk.colleague, 21, hold=True)
    factories.case(desk.store, desk.colleague, 22, inflow_on=factories.TODAY)
    for state in (Promise.State.KEPT, Promise.State.PART_KEPT, Promise.State.BROKEN):
        other = factories.case(desk.store, desk.colleague, 30 + len(state))
        contact = calls.start(other.pk, desk.number(case=other).pk, desk.colleague, uuid4()).contact
        assert contact is not None
        calls.finish(contact.pk, desk.colleague, Outcome(reached="nobody"))
        Promise.objects.create(
            case=other,
            contact=contact,
            staff=desk.colleague,
            amount_minor=100,
            currency="CNY",
            made_on=factories.TODAY - timedelta(days=4),
            due_on=factories.TODAY - timedelta(days=1),
            state=state,
            judged_as_of=factories.TODAY,
        )
    return desk


@pytest.mark.parametrize("figure", [name for name in FIGURES if name not in ("paid", "calls")])
def test_a_number_equals_the_rows_it_opens(busy, as_user, figure):
    row = today(busy.store, factories.TODAY).total
    value = getattr(row, figure)
    count = value.count if isinstance(value, Figure) else value
    table = as_user(busy.manager).get(f"/today/{figure}/").context["table"]
    assert count == len(table.data) > 0


def test_a_reps_number_opens_that_reps_rows(busy, as_user):
    client = as_user(busy.manager)
    assert len(client.get(f"/today/reached/?rep={busy.rep.pk}").context["table"].data) == 2
    assert len(client.get(f"/today/reached/?rep={busy.colleague.pk}").context["table"].data) == 0
    assert len(client.get(f"/today/due/?rep={busy.rep.pk}").context["table"].data) == 2


def test_the_page_shows_what_the_ledger_counts(busy, as_user):
    text = as_user(busy.manager).get("/today/").content.decode()
    assert "王晓琳" in text and "李建国" in text and "CN¥500.00" in text
    for figure in ("due", "reminded", "reached", "promised", "paid", "inflow"):
        assert f'href="/today/{figure}/?store={busy.store.pk}"' in text


def test_it_refreshes_itself_without_the_frame(busy, as_user):
    client = as_user(busy.manager)
    assert 'hx-trigger="every 15s"' in client.get("/today/").content.decode()
    part = client.get("/today/", headers=HTMX).content.decode()
    assert "<html" not in part and "王晓琳" in part


def test_head_office_sees_stores_and_opens_one(busy, as_user):
    client = as_user(busy.head)
    text = client.get("/today/").content.decode()
    assert f"/today/?store={busy.store.pk}" in text and "二店" in text
    assert "王晓琳" in client.get(f"/today/?store={busy.store.pk}").content.decode()
    assert len(client.get("/today/due/").context["table"].data) > len(
        client.get(f"/today/due/?store={busy.store.pk}").context["table"].data
    )


def test_a_manager_cannot_ask_for_another_store(busy, as_user):
    client = as_user(busy.manager)
    assert client.get(f"/today/?store={busy.other_store.pk}").context["scope"] == busy.store
    rows = client.get(f"/today/due/?store={busy.other_store.pk}").context["table"].data
    assert {case.store_id for case in rows} == {busy.store.pk}


@pytest.mark.parametrize(
    "path", ["/today/?store=x&currency=%27&sort=__class__", "/today/?sort=done", "/today/due/?rep=x"]
)
def test_a_strange_question_is_no_fault(busy, as_user, path):
    assert as_user(busy.head).get(path).status_code == 200


def test_an_unknown_figure_is_not_there(busy, as_user):
    assert as_user(busy.head).get("/today/profit/").status_code == 404


def test_many_cases_are_handed_over_at_once_and_once(busy, as_user):
    client = as_user(busy.manager)
    sent = {"case": [busy.case.pk, busy.reminder.pk], "taker": busy.colleague.pk, "reason": "workload", "id": uuid4()}
    for _ in range(2):
        client.post("/cases/assign", sent)
    assert busy.colleague.handovers_taken.count() == 2
    busy.case.refresh_from_db()
    assert busy.case.assignee == busy.colleague


def test_what_could_not_be_handed_over_is_told(busy, as_user):
    client = as_user(busy.manager)
    sent = {"case": [busy.theirs.pk, busy.case.pk], "taker": busy.colleague.pk, "reason": "workload"}
    text = client.post("/cases/assign", sent, follow=True).content.decode()
    assert "1 case handed over." in text and "1 case stays where it is" in text
    text = client.post("/cases/assign", {"taker": busy.colleague.pk, "reason": "away"}, follow=True).content.decode()
    assert "Choose the cases first." in text


@pytest.mark.parametrize("back", ["//evil.example", "?x=https://evil", "a b", "status=open&phase=reminder"])
def test_handing_over_leads_back_to_the_list_and_nowhere_else(busy, as_user, back):
    answer = as_user(busy.manager).post("/cases/assign", {"back": back})
    assert answer.url.startswith("/cases/") and "evil" not in answer.url
