"""Every address of the desk, asked for by every role: the table of people.permissions decides, and nothing else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from shouyue.people.models import Role
from shouyue.people.permissions import PERMISSIONS
from shouyue.web import words

pytestmark = pytest.mark.django_db

#: address -> (how it is asked for, the action it needs; "" is any who is signed in)
NEEDS: dict[str, tuple[str, str]] = {
    "home": ("get", "case.work"),
    "start": ("get", ""),
    "next": ("get", "case.work"),
    "second-step": ("get", ""),
    "second-factor": ("get", ""),
    "password": ("get", ""),
    "search": ("post", "case.view"),
    "cases": ("get", "case.view"),
    "export-csv": ("get", "cases.export"),
    "export-xlsx": ("get", "cases.export"),
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
    "letter-pdf": ("get", "case.view"),
    "letter-step": ("post", "letter.make"),
    "promises": ("get", "case.view"),
    "confirm-promise": ("post", "case.work"),
    "cancel-promise": ("get", "case.work"),
    "handovers": ("get", "case.view"),
    "today": ("get", "today.view"),
    "today-rows": ("get", "today.view"),
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
    "comparison-csv": ("get", "convention.compare"),
    "comparison-xlsx": ("get", "convention.compare"),
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
    "reconciliation-csv": ("get", "reconciliation.export"),
    "reconciliation-xlsx": ("get", "reconciliation.export"),
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
    "trial-csv": ("get", "trial.export"),
    "trial-xlsx": ("get", "trial.export"),
    "trial-workbook": ("get", "trial.export"),
    "audit": ("get", "audit.view"),
    "agencies": ("get", "agency.view"),
    "agency-save": ("post", "agency.manage"),
    "agency-place": ("post", "agency.place"),
    "agency-token": ("post", "agency.manage"),
    "agency-withdraw": ("post", "agency.manage"),
    "people": ("get", "people.manage"),
    "permissions": ("get", "permissions.view"),
    "change-person": ("post", "people.manage"),
}
#: what a role without the right is answered besides 403: home sends everybody to his own beginning; where a record is
#: looked for first, one that is not there is not there for anybody; a step needs the name of a step
OTHERWISE = {"home": {302}, "finish-call": {403, 404}, "strategy-step": {403, 404}, "strategy-stop": {403, 409}}
OTHERWISE |= {"script-step": {403, 404}, "script-stop": {403, 409}}
#: for everybody, signed in or not
OPEN = {"sign-in", "sign-out", "language"}


def names() -> dict[str, object]:
    found = {}
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "name", None):
            found[pattern.name] = pattern
    return found


@pytest.fixture
def address(desk):
    """The address of a name, with what there is on the desk in it."""
    given = {
        "case_id": desk.case.pk,
        "customer_id": desk.case.customer_id,
        "wish_id": 1,
        "point_id": desk.number().pk,
        "user_id": desk.rep.pk,
        "what": "address",
        "figure": "due",
        "loan_id": desk.case.customer.loans.get().pk,
        "name": "standard",
        "number": 1,
        "agency_id": 1,
        "key": "none",
        "made_id": 1,
    }

    def of(name: str) -> str:
        pattern = names()[name].pattern
        return reverse(name, kwargs={key: given.get(key, uuid4()) for key in pattern.converters})

    return of


def test_the_list_is_whole():
    assert set(NEEDS) | OPEN == set(names())
    assert {action for _, action in NEEDS.values()} - {""} <= set(PERMISSIONS)
    assert set(PERMISSIONS) == set(words.ACTIONS)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_roles_without_the_right_are_refused_and_roles_with_it_are_not(desk, as_user, address, name):
    how, action = NEEDS[name]
    path = address(name)
    people = {"rep": desk.rep, "store_manager": desk.manager, "head_office": desk.head}
    people |= {"auditor": desk.auditor, "admin": desk.admin}
    assert set(people) == set(Role.values)
    for role, user in people.items():
        status = getattr(as_user(user), how)(path, {"text": ""}).status_code
        if action and role not in PERMISSIONS[action]:
            assert status in OTHERWISE.get(name, {403}), (role, status)
        else:
            assert status not in (403, 500), (role, status)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_who_has_not_signed_in_is_sent_to_do_so(desk, address, name):
    answer = getattr(Client(), NEEDS[name][0])(address(name))
    assert answer.status_code == 302 and answer.url.startswith("/sign-in")


@pytest.mark.parametrize("name", sorted(n for n, (how, _) in NEEDS.items() if how == "post"))
def test_a_change_without_the_pages_token_is_refused(desk, address, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.manager)
    assert client.post(address(name), {}).status_code == 403
