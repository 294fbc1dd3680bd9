"""A version is written by one, approved by another, put into force from a day, and rolled back in one step."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from shouyue.base.errors import ShouyueError
from shouyue.compliance.models import AuditEntry
from shouyue.people.models import Store
from shouyue.people.permissions import NotPermitted
from shouyue.releases import drafting, errors, kinds, queries, releasing, reviewing
from shouyue.releases.models import Document, Release, Step, Version

from ..factories import user
from .conftest import MADE, NAME, TODAY

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


def refused(code: str, work, *args, **more):
    with pytest.raises(ShouyueError) as error:
        work(*args, **more)
    assert error.value.code == code
    return error.value


def in_force(day: date = TODAY) -> int | None:
    version = queries.effective("made", NAME, day)
    return version.number if version else None


def test_from_draft_to_force(ann, bob, life):
    made = life("hello", to="approved")
    assert in_force() is None
    releasing.release("made", NAME, 1, ann, TOMORROW, TODAY, "agreed on Monday")
    assert (in_force(TODAY), in_force(TOMORROW), in_force(TOMORROW + timedelta(days=400))) == (None, 1, 1)
    assert queries.state(Version.objects.get(pk=made.pk)) == "released"
    told = [(e.action, e.by, e.reason) for e in queries.history("made", NAME)]
    assert told == [("release", ann, "agreed on Monday"), ("approve", bob, ""), ("propose", ann, ""), ("save", ann, "")]


def test_every_step_is_in_the_audit_chain(life):
    made = life("hello")
    entries = AuditEntry.objects.filter(subject=f"made:{NAME}").order_by("seq")
    assert [e.action for e in entries] == ["version.save", "version.propose", "version.approve", "version.release"]
    assert {e.data["digest"] for e in entries} == {made.digest}
    assert entries.last().data["effective_from"] == TODAY.isoformat()
    assert [e.actor for e in entries] == ["ann", "ann", "bob", "ann"]


def test_nobody_approves_or_rejects_his_own_work(ann, bob, cid):
    drafting.save("made", NAME, "hello", ann, 0)
    reviewing.propose("made", NAME, 1, bob)
    for who in (ann, bob):
        refused("REL-007", reviewing.approve, "made", NAME, 1, who)
        refused("REL-007", reviewing.reject, "made", NAME, 1, who, "no")
    reviewing.approve("made", NAME, 1, cid)


def test_who_approved_does_not_release(ann, bob, life):
    life(to="approved")
    refused("REL-008", releasing.release, "made", NAME, 1, bob, TODAY, TODAY)
    releasing.release("made", NAME, 1, ann, TODAY, TODAY)


def test_errors_stand_against_every_step_and_warnings_must_be_seen(ann, bob, monkeypatch):
    drafting.save("made", NAME, "error: wrong word", ann, 0)
    error = refused("REL-005", reviewing.propose, "made", NAME, 1, ann)
    assert [r.en for r in error.remarks] == ["wrong word"]
    drafting.save("made", NAME, "warning: long\nnote: nice", ann, 1)
    reviewing.propose("made", NAME, 2, ann)
    error = refused("REL-006", reviewing.approve, "made", NAME, 2, bob)
    assert [r.severity for r in error.remarks] == ["warning", "note"]
    refused("REL-006", reviewing.approve, "made", NAME, 2, bob, ["MADE-001 line 9: other"])
    step = reviewing.approve("made", NAME, 2, bob, [error.remarks[0].key])
    assert step.acknowledged == [error.remarks[0].key]
    assert len(step.findings) == 2


def test_what_became_unfit_is_not_released(ann, life, monkeypatch):
    life(to="approved")
    stricter = MADE.__class__(**{**MADE.__dict__, "check": lambda n, t: MADE.check(n, "error: new law")})
    monkeypatch.setitem(kinds._KINDS, "made", stricter)
    refused("REL-005", releasing.release, "made", NAME, 1, ann, TODAY, TODAY)
    assert in_force() is None


def test_a_rejected_version_is_over_and_a_mended_one_is_new(ann, bob, life):
    life(to="proposed")
    refused("REL-009", reviewing.reject, "made", NAME, 1, bob, " ")
    reviewing.reject("made", NAME, 1, bob, "too loud")
    refused("REL-003", reviewing.propose, "made", NAME, 1, ann)
    again = drafting.save("made", NAME, "hello", ann, 1)
    assert (again.number, queries.state(again)) == (2, "draft")
    assert next(e for e in queries.history("made", NAME) if e.action == "reject").reason == "too loud"


@pytest.mark.parametrize("state", ["draft", "proposed", "approved"])
def test_a_version_is_withdrawn_for_ever(ann, life, state):
    life(to=state)
    reviewing.withdraw("made", NAME, 1, ann, "a mistake", TODAY)
    for work in (
        lambda: reviewing.propose("made", NAME, 1, ann),
        lambda: releasing.release("made", NAME, 1, ann, TODAY, TODAY),
        lambda: releasing.roll_back("made", NAME, 1, ann, TODAY, TODAY, "x"),
    ):
        assert refused("REL-003", work).code


def test_what_is_in_force_or_planned_is_not_withdrawn(ann, life):
    life("one")
    life("two", effective_from=TOMORROW)
    for number in (1, 2):
        refused("REL-011", reviewing.withdraw, "made", NAME, number, ann, "x", TODAY)
    assert reviewing.withdraw("made", NAME, 1, ann, "replaced", TOMORROW).state == "withdrawn"


def test_rolling_back_is_one_step_with_a_reason(bob, life):
    life("one")
    life("two")
    assert in_force() == 2
    refused("REL-009", releasing.roll_back, "made", NAME, 1, bob, TODAY, TODAY, "")
    releasing.roll_back("made", NAME, 1, bob, TOMORROW, TODAY, "two calls too early")
    assert (in_force(TODAY), in_force(TOMORROW)) == (2, 1)
    assert Release.objects.count() == 3
    refused("REL-012", releasing.roll_back, "made", NAME, 1, bob, TOMORROW + timedelta(days=1), TODAY, "again")
    assert [s.state for s in Step.objects.filter(version__number=1).order_by("seq")][-1] == "released"


def test_only_what_was_released_is_rolled_back_to(bob, life):
    life("one")
    life("two", to="approved")
    refused("REL-003", releasing.roll_back, "made", NAME, 2, bob, TODAY, TODAY, "x")


def test_stopping_leaves_no_version_in_force(ann, life):
    refused("REL-002", releasing.stop, "made", NAME, ann, TODAY, TODAY, "x")
    life("one")
    releasing.stop("made", NAME, ann, TOMORROW, TODAY, "back to the file")
    assert (in_force(TODAY), in_force(TOMORROW)) == (1, None)
    refused("REL-017", releasing.stop, "made", NAME, ann, TOMORROW + timedelta(days=1), TODAY, "x")
    releasing.roll_back("made", NAME, 1, ann, TOMORROW, TODAY, "after all")
    assert in_force(TOMORROW) == 1


@pytest.mark.parametrize(("days", "code"), [(-1, "REL-010"), (367, "REL-016")])
def test_a_day_that_is_over_or_far_away_is_refused(ann, life, days, code):
    life(to="approved")
    error = refused(code, releasing.release, "made", NAME, 1, ann, TODAY + timedelta(days=days), TODAY)
    assert error.field == "effective_from"


def test_saying_it_twice_changes_nothing(ann, bob, life):
    life("one")
    before = [m.objects.count() for m in (Document, Version, Step, Release, AuditEntry)]
    assert drafting.save("made", NAME, "one", ann, 1).number == 1
    assert drafting.save("made", NAME, "one", bob, 0).number == 1
    releasing.release("made", NAME, 1, ann, TODAY, TODAY)
    assert [m.objects.count() for m in (Document, Version, Step, Release, AuditEntry)] == before
    drafting.save("made", NAME, "two", ann, 1)
    first = reviewing.propose("made", NAME, 2, ann)
    assert reviewing.propose("made", NAME, 2, ann).pk == first.pk
    first = reviewing.approve("made", NAME, 2, bob)
    assert reviewing.approve("made", NAME, 2, bob).pk == first.pk


def test_a_stale_draft_is_told_who_was_quicker_and_loses_nothing(ann, bob):
    drafting.save("made", NAME, "one", ann, 0)
    drafting.save("made", NAME, "two", ann, 1, based_on=1)
    error = refused("REL-004", drafting.save, "made", NAME, "mine", bob, 1, based_on=1)
    assert isinstance(error, errors.Conflict)
    assert "ann saved version 2" in error.en
    assert error.values["newest"] == 2
    saved = drafting.save("made", NAME, "mine", bob, 2, based_on=1)
    assert (saved.number, saved.based_on) == (3, 1)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a b", "x", "REL-013"),
        ("", "x", "REL-013"),
        ("x" * 61, "x", "REL-013"),
        ("../x", "x", "REL-013"),
        (NAME, " \n", "REL-015"),
        (NAME, "x" * 1_000_001, "REL-014"),
    ],
)
def test_a_bad_name_or_text_is_refused(ann, name, text, code):
    refused(code, drafting.save, "made", name, text, ann, 0)
    assert not Document.objects.exists()


@pytest.mark.parametrize("role", ["rep", "store_manager", "auditor", "admin"])
def test_others_may_do_none_of_it(life, store, role):
    life("one")
    life("two", to="proposed")
    other = user("other", role, store if role in ("rep", "store_manager") else None)
    for work in (
        lambda: drafting.save("made", NAME, "x", other, 2),
        lambda: reviewing.propose("made", NAME, 2, other),
        lambda: reviewing.approve("made", NAME, 2, other),
        lambda: reviewing.reject("made", NAME, 2, other, "x"),
        lambda: reviewing.withdraw("made", NAME, 2, other, "x", TODAY),
        lambda: releasing.release("made", NAME, 2, other, TODAY, TODAY),
        lambda: releasing.roll_back("made", NAME, 1, other, TODAY, TODAY, "x"),
        lambda: releasing.stop("made", NAME, other, TODAY, TODAY, "x"),
    ):
        with pytest.raises(NotPermitted):
            work()


@pytest.fixture
def store(db):
    return Store.objects.create(code="S1", name="一店")


def test_an_unknown_kind_or_version_is_told(ann, life):
    refused("REL-001", drafting.save, "poem", NAME, "x", ann, 0)
    life("one")
    refused("REL-002", reviewing.propose, "made", NAME, 7, ann)
    refused("REL-002", reviewing.propose, "made", "other", 1, ann)
    refused("REL-002", queries.version, "made", NAME, 7)


@pytest.mark.parametrize("model", [Document, Version, Step, Release])
def test_the_database_refuses_to_change_what_was_recorded(life, model):
    life("one")
    field = {Document: "name", Version: "text", Step: "reason", Release: "reason"}[model]
    with pytest.raises(IntegrityError, match="appended and never changed"), transaction.atomic():
        model.objects.update(**{field: "x"})
    with pytest.raises(IntegrityError, match="appended and never changed"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_where_every_document_stands(ann, life, django_assert_num_queries):
    life("one")
    life("two", effective_from=TOMORROW)
    life("three", to="proposed")
    life("four", to="draft")
    with django_assert_num_queries(3):
        (found,) = queries.standing("made", TODAY, ann)
        assert found.newest is not None
        assert (found.name, found.newest.number, [w.number for w in found.waiting]) == (NAME, 4, [3])
    assert found.in_force is not None
    assert found.in_force.number == 1
    assert [(e.number, e.effective_from) for e in found.ahead] == [(2, TOMORROW)]
