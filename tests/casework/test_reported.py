"""A file of contacts that an agency made."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from click.testing import CliRunner

from shouyue.base import clock
from shouyue.casework import calls, reported
from shouyue.casework.matters import working
from shouyue.casework.models import Matter
from shouyue.casework.outcome import Outcome
from shouyue.cli.compliance import compliance as command
from shouyue.compliance import replaying
from shouyue.compliance.models import Attempt

from .conftest import MORNING

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
FILE = """contact_no,customer_id,phone,channel,at,outcome,relation,loans
N-1,C0001,10000000001,call,2026-11-24T09:00+08:00,conversation,,L0001
N-2,C0001,10000000001,call,2026-11-24 10:00,conversation,self,L0001
N-3,C0001,,visit,2026-11-24T22:30:00+08:00,answered,self,
N-4,C0001,10000000002,call,2026-11-24T11:00+08:00,answered,friend,
"""


@pytest.fixture(autouse=True)
def night(desk):
    with clock.at(NIGHT):
        yield


def run(tmp_path, text: str, agency: str = "north"):
    (tmp_path / "contacts.csv").write_text(text, encoding="utf-8")
    return CliRunner().invoke(command, ["report", str(tmp_path / "contacts.csv"), "--agency", agency])


def test_contacts_count_and_those_beyond_the_law_are_named(desk, tmp_path):
    done = run(tmp_path, FILE)
    assert done.exit_code == 0, done.output
    assert "4 new, 0 known already, 2 beyond the law, 0 not taken" in done.output
    visit = Attempt.objects.get(channel="visit")
    assert f"{visit.decision_id}  超出规则" in done.output
    assert {f["rule"] for f in visit.decision.findings if f["verdict"] == "refuses"} == {"quiet-hours"}
    assert all(replaying.replay(a.decision_id).same for a in Attempt.objects.all())
    replayed = CliRunner().invoke(command, ["replay", "--day", "2026-11-24"])
    assert replayed.exit_code == 0 and "4 decisions, 0 differ, 0 not named" in replayed.output
    told = desk.case.timeline.filter(kind="contact")
    assert told.count() == 4 and {t.data["agency"] for t in told} == {"north"}


def test_the_same_file_again_changes_nothing(desk, tmp_path):
    run(tmp_path, FILE)
    assert "0 new, 4 known already" in run(tmp_path, FILE).output
    assert Attempt.objects.count() == 4
    assert "4 new" in run(tmp_path, FILE, "south").output, "another agency's numbers are its own"


def test_a_bad_row_is_named_and_the_others_are_taken(desk, tmp_path):
    bad = [
        "N-5,C9999,,call,2026-11-24T09:00+08:00,conversation,,",
        "N-6,C0001,,pigeon,2026-11-24T09:00+08:00,conversation,,",
        "N-7,C0001,,call,yesterday,conversation,,",
        "N-8,C0001,,call,2026-11-24T09:00+08:00,loved it,,",
        "N-9,C0001,,call,2027-01-01T09:00+08:00,conversation,,",
        ",C0001,,call,2026-11-24T09:00+08:00,conversation,,",
    ]
    done = run(tmp_path, FILE + "\n".join(bad) + "\n")
    assert done.exit_code == 2 and "4 new, 0 known already, 2 beyond the law, 6 not taken" in done.output
    for line, column in ((6, "customer_id"), (7, "channel"), (8, "at"), (9, "outcome"), (10, "at"), (11, "contact_no")):
        assert f"{line}  {column}: " in done.output


def test_a_missing_column_or_a_strange_agency_is_an_error(desk):
    with pytest.raises(Exception, match="REP-002"):
        list(reported.rows_of(["customer_id,at\n", "C0001,x\n"]))
    with pytest.raises(Exception, match="REP-001"):
        reported.take_in([], "北方 agency", None)


def test_a_contact_during_a_dispute_was_beyond_the_law_and_one_before_it_was_not(desk, tmp_path):
    at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    with clock.at(at):
        told = working.Evidence(note="the goods never came")
        matter = working.open_matter(desk.case.pk, "dispute", told, desk.rep, uuid4())
    working.decide(matter.pk, "reject", "delivery note is signed", desk.manager, uuid4())
    head = "contact_no,customer_id,channel,at,outcome\n"
    run(tmp_path, head + "N-1,C0001,call,2026-11-24T10:00+08:00,unanswered\n")
    assert Attempt.objects.get().decision.allowed
    matters = {"matter_open": True, "matter_dispute": True}
    with clock.at(NIGHT):
        Matter.objects.update(state="open", closed_on=None)
    run(tmp_path, head + "N-2,C0001,call,2026-11-24T12:00+08:00,unanswered\n")
    late = Attempt.objects.latest("at").decision
    assert not late.allowed and late.inputs["facts"].items() >= matters.items()


def test_a_friend_may_be_asked_when_the_borrower_cannot_be_reached(desk, tmp_path):
    row = "N-1,C0001,10000000002,call,2026-11-24T11:00+08:00,answered,friend\n"
    head = "contact_no,customer_id,phone,channel,at,outcome,relation\n"
    with clock.at(MORNING):
        own = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4()).contact
        assert own is not None
        calls.finish(own.pk, desk.rep, Outcome(reached="invalid"))
    run(tmp_path, head + row)
    assert Attempt.objects.latest("at").decision.allowed
