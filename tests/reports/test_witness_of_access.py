"""Whoever raises his own role, or alters a strategy or a script that was approved, is named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from shouyue import strategy
from shouyue.base import clock
from shouyue.cli.audit import audit
from shouyue.cli.user import user as command
from shouyue.people.models import Store, User
from shouyue.releases import drafting, releasing, reviewing
from shouyue.releases.models import Release, Step, Version
from shouyue.reports import witness
from shouyue.web import staff
from tests import factories
from tests.compliance.test_replay import behind_the_triggers

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db):
    with clock.at(factories.AFTERNOON):
        desk = factories.desk()
        store = desk.store
        new = staff.add(desk.admin, "new", "新同事", "rep", store.pk, 300, "first-password-12")
        staff.set_capacity(desk.admin, new.pk, 240)
        staff.add(desk.admin, "gone", "离职", "auditor", None, 0, "first-password-12")
        staff.set_active(desk.admin, User.objects.get(username="gone").pk, False)
        made = CliRunner().invoke(command, ["add", "third", "--role", "rep", "--store", store.code])
        assert made.exit_code == 0, made.output
        saved = drafting.save("strategy", "standard", strategy.load("standard").text, desk.head, 0)
        other = factories.user("second.head", "head_office")
        reviewing.propose("strategy", "standard", saved.number, desk.head)
        reviewing.approve("strategy", "standard", saved.number, other, [])
        releasing.release("strategy", "standard", saved.number, desk.head, factories.TODAY, factories.TODAY, "agreed")
        yield desk


def named() -> set[str]:
    return {f"{one.row.split()[0]} {one.field}".strip() for one in witness.altered()}


def altering(model, **values):
    def alter() -> None:
        with behind_the_triggers():
            model.objects.all().update(**values)

    return alter


def of(name: str, **values):
    return lambda: User.objects.filter(username=name).update(**values)


def test_what_was_written_is_as_the_chain_says(desk):
    assert named() == set()


@pytest.mark.parametrize(
    ("alter", "name"),
    [
        (of("new", role="head_office"), "User role"),
        (of("third", role="admin"), "User role"),
        (of("new", store=None, role="auditor"), "User store_id"),
        (lambda: of("third", store=Store.objects.exclude(code="S1").latest("pk"))(), "User store_id"),
        (of("gone", is_active=True), "User is_active"),
        (of("new", capacity_minutes=0), "User capacity_minutes"),
        (altering(Version, text="# nothing"), "Version text"),
        (altering(Step, state="rejected"), "Step state"),
        (altering(Release, effective_from=factories.TODAY + timedelta(days=30)), "Release effective_from"),
    ],
)
def test_an_altered_row_is_named(desk, alter, name):
    alter()
    assert name in named()
    result = CliRunner().invoke(audit, ["verify"])
    assert result.exit_code == 2 and name.split()[0] in result.output
