"""Every address of the desk, asked for by every role: the table of people.permissions decides, and nothing else."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from shouyue.casework import calls
from shouyue.casework.agencies import managing
from shouyue.casework.matters import working
from shouyue.casework.outcome import Outcome
from shouyue.messaging.letters import making
from shouyue.people.models import Role
from shouyue.people.permissions import PERMISSIONS
from shouyue.web import words
from tests import factories, published

pytestmark = pytest.mark.django_db

#: address -> (how it is asked for, the action it needs; "" is any who is signed in)
NEEDS: dict[str, tuple[str, str]] = {
    "home": ("get", "case.work"),
    "start": ("get", ""),
    "next": ("get", "case.work"),
    "second-step": ("get", ""),
    "second-factor": ("get", ""),
    "password": ("get", ""),
    "search": ("get", ""),
    "cases": ("get", "case.view"),
    "export-csv": ("post", "cases.export"),
    "export-xlsx": ("post", "cases.export"),
    "assign": ("post", "case.hand_over_any"),
    "case": ("get", "case.view"),
    "line": ("get", "case.view"),
    "customer": ("get", "case.view"),
    "interview": ("get", "case.view"),
    "edit-interview": ("get", "case.work"),
    "interview-draft": ("post", "case.work"),
    "interview-wish": ("post", "case.work"),
    "new-wish": ("get", "case.work"),
    "end-wish": ("get", "case.work"),
    "start-call": ("post", "case.work"),
    "new-inbound": ("get", "case.work"),
    "new-visit": ("get", "case.work"),
    "visit": ("get", "case.view"),
    "note": ("post", "case.work"),
    "hand-over": ("get", "case.hand_over"),
    "reveal-phone": ("get", "personal.reveal"),
    "reveal": ("get", "personal.reveal"),
    "third-person": ("get", "case.view"),
    "loan-history": ("get", "case.view"),
    "known-then": ("get", "case.view"),
    "contact": ("get", "decision.view"),
    "tick": ("post", "case.work"),
    "somebody-else": ("post", "case.work"),
    "himself": ("post", "case.work"),
    "finish-call": ("post", "case.work"),
    "decision": ("get", "decision.view"),
    "case-letters": ("get", "case.view"),
    "letters": ("get", "case.view"),
    "letter": ("get", "personal.reveal"),
    "letter-step": ("post", "letter.make"),
    "promises": ("get", "case.view"),
    "confirm-promise": ("post", "case.work"),
    "cancel-promise": ("get", "case.work"),
    "handovers": ("get", "case.view"),
    "today": ("get", "today.view"),
    "today-rows": ("get", "today.view"),
    "late-reasons": ("get", "today.view"),
    "late-reason": ("get", "today.view"),
    "plans": ("get", "case.view"),
    "plan": ("get", "case.view"),
    "new-plan": ("get", "case.work"),
    "matters": ("get", "case.view"),
    "matter": ("get", "case.view"),
    "new-matter": ("get", "matter.open"),
    "arrangements": ("get", "case.view"),
    "end-case": ("get", "case.end"),
    "guarantor": ("get", "guarantor.say"),
    "new-number": ("get", "case.work"),
    "mark-number": ("get", "case.work"),
    "correct-number": ("get", "case.work"),
    "new-detail": ("get", "case.work"),
    "examinations": ("get", "exam.view"),
    "interview-import": ("get", "interview.import"),
    "conventions": ("get", "convention.compare"),
    "comparison": ("get", "convention.compare"),
    "comparison-csv": ("post", "convention.compare"),
    "comparison-xlsx": ("post", "convention.compare"),
    "concessions": ("get", "case.view"),
    "concession": ("get", "case.view"),
    "new-concession": ("get", "concession.propose"),
    "quotes": ("get", "case.view"),
    "quote": ("get", "case.view"),
    "new-quote": ("get", "quote.make"),
    "quotes-together": ("get", "case.view"),
    "experiments": ("get", "experiment.view"),
    "reconciliation": ("get", "reconciliation.view"),
    "reconciliation-of": ("get", "reconciliation.view"),
    "reconciliation-csv": ("post", "reconciliation.export"),
    "reconciliation-xlsx": ("post", "reconciliation.export"),
    "rules": ("get", "decision.view"),
    "when": ("get", "case.view"),
    "lost-contacts": ("get", "case.view"),
    "lost-contact": ("get", "case.view"),
    "scripts": ("get", "script.view"),
    "scripts-copy": ("post", "script.edit"),
    "script": ("get", "script.view"),
    "script-begin": ("post", "script.edit"),
    "script-stop": ("post", "script.roll_back"),
    "script-version": ("get", "script.view"),
    "script-compare": ("get", "script.view"),
    "script-preview": ("get", "script.view"),
    "script-step": ("post", "script.edit"),
    "script-edit": ("get", "script.edit"),
    "script-text": ("post", "script.edit"),
    "script-toml": ("get", "script.view"),
    "strategies": ("get", "strategy.view"),
    "strategies-upload": ("post", "strategy.edit"),
    "strategies-copy": ("post", "strategy.edit"),
    "strategy": ("get", "strategy.view"),
    "strategy-begin": ("post", "strategy.edit"),
    "strategy-upload": ("post", "strategy.edit"),
    "strategy-stop": ("post", "strategy.release"),
    "strategy-version": ("get", "strategy.view"),
    "strategy-compare": ("get", "strategy.view"),
    "strategy-step": ("post", "strategy.edit"),
    "strategy-edit": ("get", "strategy.edit"),
    "strategy-change": ("post", "strategy.edit"),
    "strategy-text": ("post", "strategy.edit"),
    "strategy-toml": ("get", "strategy.view"),
    "strategy-xlsx": ("get", "strategy.view"),
    "strategy-dmn": ("get", "strategy.view"),
    "trials": ("get", "trial.view"),
    "trial": ("get", "trial.view"),
    "trial-again": ("post", "trial.run"),
    "trial-customers": ("get", "trial.view"),
    "trial-csv": ("post", "trial.export"),
    "trial-xlsx": ("post", "trial.export"),
    "trial-workbook": ("post", "trial.export"),
    "audit": ("get", "audit.view"),
    "core": ("get", "core.view"),
    "core-file": ("post", "core.export"),
    "agencies": ("get", "agency.view"),
    "agency-save": ("post", "agency.manage"),
    "agency-place": ("post", "agency.place"),
    "agency-token": ("post", "agency.manage"),
    "agency-withdraw": ("post", "agency.manage"),
    "people": ("get", "people.manage"),
    "permissions": ("get", "permissions.view"),
    "change-person": ("post", "people.manage"),
}
#: the action that a page's own form needs, where its page is read by GET
SENDING: dict[str, str] = {
    "second-step": "",
    "second-factor": "",
    "password": "",
    "edit-interview": "case.work",
    "new-wish": "case.work",
    "end-wish": "case.work",
    "new-inbound": "case.work",
    "new-visit": "case.work",
    "visit": "case.work",
    "hand-over": "case.hand_over",
    "reveal-phone": "personal.reveal",
    "reveal": "personal.reveal",
    "letter": "personal.reveal",
    "case-letters": "letter.make",
    "cancel-promise": "case.work",
    "new-plan": "case.work",
    "plan": "case.work",
    "matter": "matter.open",
    "new-matter": "matter.open",
    "end-case": "case.end",
    "guarantor": "guarantor.say",
    "new-number": "case.work",
    "mark-number": "case.work",
    "correct-number": "case.work",
    "new-detail": "case.work",
    "examinations": "exam.record",
    "interview-import": "interview.import",
    "conventions": "convention.compare",
    "concession": "concession.approve",
    "new-concession": "concession.propose",
    "quote": "quote.make",
    "new-quote": "quote.make",
    "quotes-together": "quote.make",
    "lost-contact": "case.work",
    "script-edit": "script.edit",
    "trials": "trial.run",
    "people": "people.manage",
    "search": "case.view",
    "core": "core.export",
}
#: what is sent, where an empty form says too little to be refused by the right alone
SENT = {"matter": {"action": "add"}, "concession": {"action": "approve"}, "quote": {"action": "withdraw", "note": "no"}}
SENT |= {"plan": {"action": "cancel", "reason": "asked"}, "case-letters": {"template": "statement", "language": "zh"}}
SENT |= {"visit": {"action": "begin"}, "quotes-together": {"action": "withdraw", "note": "no"}}
#: what a role without the right is answered besides 403: home sends everybody to his own beginning; where a record is
#: looked for first, one that is not there is not there for anybody; a step needs the name of a step
OTHERWISE = {"home": {302}, "strategy-step": {403, 404}, "strategy-stop": {403, 409}}
OTHERWISE |= {"script-step": {403, 404}, "script-stop": {403, 409}}
#: for everybody, signed in or not
OPEN = {"sign-in", "sign-out", "language"}
#: addresses for machines -> who may: everybody, whoever the desk's own rule lets in, or an agency by its token
MACHINES = {"health-live": "all", "health-ready": "all", "metrics": "this machine", "agency-docs": "all"}
MACHINES |= {"agencies:openapi-json": "all", "agencies:api-root": "nobody"}
MACHINES |= {f"agencies:agency-{name}": "agency" for name in ("cases", "ask", "outcome", "report")}


def names() -> dict[str, object]:
    found = {}
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "name", None):
            found[pattern.name] = pattern
    return found


def machines(patterns=None) -> dict[str, object]:
    """Patterns below an included one: the API's."""
    found = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if hasattr(pattern, "url_patterns"):
            within = f"{pattern.namespace}:" if getattr(pattern, "namespace", None) else ""
            found |= {within + name: one for name, one in machines(pattern.url_patterns).items()}
        elif patterns is not None:
            found[pattern.name] = pattern
    return found


def asked() -> list[tuple[str, str, str]]:
    """(address, how, action) of everything that may be asked of the desk."""
    found = [(name, how, action) for name, (how, action) in NEEDS.items()]
    return sorted(found + [(name, "post", action) for name, action in SENDING.items()])


def made(desk, key: str) -> object:
    """Something real on the desk for a part of an address, worked by the rep; what is not there otherwise."""
    if key in ("contact_id", "decision_id", "promise_id"):
        contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
        assert contact is not None
        if key == "promise_id":
            due = factories.TODAY + timedelta(days=2)
            calls.finish(contact.pk, desk.rep, Outcome("self", "promise", promise_minor=100, promise_due=due))
            return contact.promises.get().pk
        return contact.pk if key == "contact_id" else contact.attempt.decision_id
    if key in ("quote_id", "act_id"):
        factories.more_loans(desk.case, "L-2")
        published.publish(Path(os.environ["SHOUYUE_BOOKS"]))
        quote = factories.quotes(desk.case, desk.rep)[0]
        return quote.pk if key == "quote_id" else quote.together
    if key == "matter_id":
        return working.open_matter(desk.case.pk, "dispute", working.Evidence(note="told"), desk.rep, uuid4()).pk
    records = {
        "visit_id": lambda: factories.visit(desk.case, desk.rep, desk.colleague).pk,
        "letter_id": lambda: making.make(desk.case.pk, "statement", "zh", desk.rep, uuid4()).pk,
        "concession_id": lambda: factories.waiver(desk.case, desk.colleague).pk,
        "plan_id": lambda: factories.plan(desk.case, desk.rep).pk,
        "trial_id": uuid4,
    }
    return records[key]()


@pytest.fixture
def address(desk, tmp_path, monkeypatch):
    """The address of a name, with what there is on the desk in it."""
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path / "books"))
    given = {
        "case_id": desk.case.pk,
        "customer_id": desk.case.customer_id,
        "wish_id": 1,
        "point_id": desk.number().pk,
        "user_id": desk.rep.pk,
        "what": "address",
        "figure": "due",
        "reason": "forgot",
        "loan_id": desk.case.customer.loans.get().pk,
        "name": "standard",
        "number": 1,
        "agency_id": 1,
        "key": "none",
        "made_id": 1,
    }

    def of(name: str) -> str:
        keys = {**names(), **machines()}[name].pattern.converters
        given.update({key: made(desk, key) for key in keys if key not in given and name not in MACHINES})
        return reverse(name, kwargs={key: given.get(key, uuid4()) for key in keys})

    return of


def test_the_list_is_whole():
    assert set(NEEDS) | OPEN == set(names())
    assert set(SENDING) <= {name for name, (how, _) in NEEDS.items() if how == "get"}
    assert {action for _, _, action in asked()} - {""} <= set(PERMISSIONS)
    assert set(PERMISSIONS) == set(words.ACTIONS)
    assert set(MACHINES) == set(machines())


def people(desk) -> dict[str, factories.User]:
    found = {"rep": desk.rep, "store_manager": desk.manager, "head_office": desk.head}
    found |= {"auditor": desk.auditor, "admin": desk.admin}
    assert set(found) == set(Role.values)
    return found


@pytest.mark.parametrize(("name", "how", "action"), asked())
def test_roles_without_the_right_are_refused_and_roles_with_it_are_not(desk, as_user, address, name, how, action):
    path = address(name)
    sent = SENT.get(name, {"text": ""}) if how == "post" else {"text": ""}
    everybody = people(desk)
    for role in sorted(everybody, key=lambda role: bool(action) and role in PERMISSIONS[action]):
        with transaction.atomic():
            status = getattr(as_user(everybody[role]), how)(path, sent).status_code
            transaction.set_rollback(True)
        if action and role not in PERMISSIONS[action]:
            assert status in OTHERWISE.get(name, {403}), (role, status)
        else:
            assert status not in (403, 405, 500), (role, status)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_an_address_answers_to_nothing_but_what_the_list_says(desk, as_user, address, name):
    mine = {NEEDS[name][0]} | ({"post"} if name in SENDING else set())
    path, everybody = address(name), people(desk)
    for how in {"get", "post", "put", "patch", "delete"} - mine:
        for role, user in everybody.items():
            status = getattr(as_user(user), how)(path).status_code
            assert status == 405, (how, role, status)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_who_has_not_signed_in_is_sent_to_do_so(desk, address, name):
    answer = getattr(Client(), NEEDS[name][0])(address(name))
    assert answer.status_code == 302 and answer.url.startswith("/sign-in")


@pytest.mark.parametrize("name", sorted({name for name, how, _ in asked() if how == "post"}))
def test_a_change_without_the_pages_token_is_refused(desk, address, name):
    client = Client(enforce_csrf_checks=True)
    for user in people(desk).values():
        client.force_login(user)
        answer = client.post(address(name), {})
        assert answer.status_code == 403 and b"PEOPLE-001" not in answer.content


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_no_role_opens_an_address_for_machines(desk, as_user, address, name, monkeypatch):
    path, who = address(name), MACHINES[name]
    how = "post" if name.endswith(("-ask", "-outcome", "-report")) else "get"
    managing.add("north", "North", desk.admin, factories.TODAY)
    token, secret = managing.new_token("north", desk.admin)
    for client in [Client(), *(as_user(user) for user in people(desk).values())]:
        status = getattr(client, how)(path, REMOTE_ADDR="10.0.0.9").status_code
        assert status == {"all": 200, "this machine": 403, "agency": 401, "nobody": 404}[who], (name, status)
    if who == "this machine":
        assert Client().get(path).status_code == 200
        assert Client().get(path, headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403
        monkeypatch.setenv("SHOUYUE_METRICS_TOKEN", "s" * 20)
        assert Client().get(path).status_code == 403
        assert Client().get(path, headers={"Authorization": f"Bearer {'s' * 20}"}).status_code == 200
    if who == "agency":
        shown = {"Authorization": f"Bearer {secret}"}
        assert getattr(Client(), how)(path, headers=shown).status_code not in (401, 403, 500)
        managing.withdraw_token("north", token.pk, desk.admin)
        assert getattr(Client(), how)(path, headers=shown).status_code == 401
