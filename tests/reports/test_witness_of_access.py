"""Whoever raises his own role, or alters a strategy or a script that was approved, is named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner

from shouyue import strategy
from shouyue.base import clock
from shouyue.cli.user import user as command
from shouyue.people.models import Store, User
from shouyue.releases import drafting, releasing, reviewing
from shouyue.releases.models import Release, Step, Version
from shouyue.web import second_factor, staff
from tests import factories
from tests.compliance.test_replay import behind_the_triggers
from tests.reports.witnessing import every, must_name, named

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(afternoon):
    desk = afternoon
    store = desk.store
    new = staff.add(desk.admin, "new", "新同事", "rep", store.pk, 300, "first-password-12")
    staff.set_capacity(desk.admin, new.pk, 240)
    new.second_factor = True
    second_factor.switch_off(new, desk.admin)
    staff.add(desk.admin, "gone", "离职", "auditor", None, 0, "first-password-12")
    staff.set_active(desk.admin, User.objects.get(username="gone").pk, False)
    made = CliRunner().invoke(command, ["add", "third", "--role", "rep", "--store", store.code])
    assert made.exit_code == 0, made.output
    saved = drafting.save("strategy", "standard", strategy.load("standard").text, desk.head, 0)
    other = factories.user("second.head", "head_office")
    reviewing.propose("strategy", "standard", saved.number, desk.head)
    reviewing.approve("strategy", "standard", saved.number, other, [])
    releasing.release("strategy", "standard", saved.number, desk.head, factories.TODAY, factories.TODAY, "agreed")
    return desk


def of(name: str, **values):
    return lambda: User.objects.filter(username=name).update(**values)


def of_step(action: str, **values):
    def alter() -> None:
        with behind_the_triggers():
            Step.objects.filter(action=action).update(**values)

    return alter


def approved_by_another() -> None:
    of_step("approve", by=User.objects.get(username="new"))()


def pushed_in_step() -> None:
    version, head = Version.objects.get(), User.objects.get(username="head")
    Step.objects.create(version=version, seq=9, action="approve", state="approved", by=head, at=clock.now())


def pushed_in_release() -> None:
    version, head = Version.objects.get(), User.objects.get(username="head")
    told = {"version": version, "by": head, "at": clock.now(), "effective_from": factories.TODAY}
    Release.objects.create(document=version.document, seq=9, kind="release", **told)


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
        (every(Version, text="# nothing"), "Version text"),
        (every(Step, state="rejected"), "Step state"),
        (every(Version, note="another"), "Version terms"),
        (approved_by_another, "Step terms"),
        (of_step("save", findings=["x"]), "Step terms"),
        (pushed_in_step, "Version terms"),
        (every(Release, at=factories.AFTERNOON - timedelta(days=1)), "Release terms"),
        (pushed_in_release, "Document terms"),
        (of("new", second_factor=True), "User second_factor"),
        (every(Release, effective_from=factories.TODAY + timedelta(days=30)), "Release effective_from"),
    ],
)
def test_an_altered_row_is_named(desk, alter, name):
    must_name(alter, name)
