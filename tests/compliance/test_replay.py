"""Decisions taken again: the same for ever, and different where somebody had a hand in them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from django.db import connection

from shouyue.base.errors import ShouyueError
from shouyue.cli.compliance import compliance as command
from shouyue.compliance import audit, gate, pack, replaying, rules
from shouyue.compliance.inputs import Inputs
from shouyue.compliance.models import GateDecision, PolicyPack

from .conftest import AFTERNOON, Kind

pytestmark = pytest.mark.django_db
KEPT = sorted(Path(__file__).with_name("kept").glob("*.json"))
LOCAL = AFTERNOON.date().isoformat()


@contextmanager
def behind_the_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.fixture
def audited(call):
    """A call with its entry in the audit chain, as the desk writes it."""

    def make(*args, **more):
        reservation = call(*args, **more)
        decision = reservation.decision
        told = {"decision": str(decision.pk), "digest": gate.digest(decision)}
        audit.record("contact.start", "case:1", told, None, decision.at)
        return decision

    return make


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_decisions_of_earlier_days_come_out_as_they_did(path):
    """Taken and written down by the engine of that month; the engine of today must say the same of them."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    packs = {digest: pack.build(content["base"], content["house"]) for digest, content in kept["packs"].items()}
    assert all(by.digest == digest for digest, by in packs.items())
    assert len(kept["decisions"]) > 20
    for decision in kept["decisions"]:
        answer = rules.decide(packs[decision["pack"]], Inputs.from_json(decision["inputs"]))
        assert answer.allowed == decision["allowed"]
        assert answer.next_allowed_at == (decision["next"] and datetime.fromisoformat(decision["next"]))
        said = [[f.rule, f.verdict, f.count, f.until.isoformat() if f.until else None] for f in answer.findings]
        assert said == decision["said"]
        assert answer.words("zh") == decision["zh"]


def test_a_stored_decision_comes_out_the_same(call):
    for minutes in range(0, 40, 10):
        call(Kind.CONVERSATION, minutes=minutes, loans=("L1",), facts={"promise_due": "2026-11-30", "consent": True})
    assert PolicyPack.objects.count() == 1
    assert {d.allowed for d in GateDecision.objects.all()} == {True, False}
    assert all(replaying.replay(d.pk).same for d in GateDecision.objects.all())


def test_a_decision_is_taken_by_the_pack_of_its_day_though_another_is_in_force(call, monkeypatch):
    decision = call(minutes=8 * 60).decision
    monkeypatch.setattr(pack, "active", lambda: pack.load("in-rbi"))
    assert replaying.replay(decision.pk).again.pack == pack.load("cn").name


def test_an_answer_turned_round_is_named(call):
    call()
    decision = call(minutes=8 * 60).decision
    with behind_the_triggers() as cursor:
        cursor.execute("UPDATE compliance_gatedecision SET allowed = true WHERE id = %s", [decision.pk])
    assert [d.what for d in replaying.replay(decision.pk).differences] == ["allowed"]


def test_a_counter_changed_is_named_with_its_rule(call):
    call(Kind.CONVERSATION)
    decision = call(minutes=20).decision
    with behind_the_triggers() as cursor:
        cursor.execute(
            "UPDATE compliance_gatedecision SET inputs = jsonb_set(inputs, '{past}', '[]') WHERE id = %s", [decision.pk]
        )
    (difference,) = replaying.replay(decision.pk).differences
    assert (difference.what, difference.stored, difference.again) == ("conversations-per-day.count", "1", "0")


def test_a_decision_forged_so_that_it_fits_in_itself_is_found_by_the_chain(audited):
    decision = audited(minutes=8 * 60)
    assert replaying.replay(decision.pk).same
    forged = rules.decide(pack.active(), Inputs.from_json({**decision.inputs, "at": AFTERNOON.isoformat()}))
    with behind_the_triggers() as cursor:
        cursor.execute(
            "UPDATE compliance_gatedecision SET allowed = true, next_allowed_at = %s, findings = %s,"
            " inputs = jsonb_set(inputs, '{at}', to_jsonb(%s::text)) WHERE id = %s",
            [
                forged.next_allowed_at,
                json.dumps([f.to_json() for f in forged.findings]),
                AFTERNOON.isoformat(),
                decision.pk,
            ],
        )
    assert [d.what for d in replaying.replay(decision.pk).differences] == ["digest"]


def test_a_day_is_replayed_and_a_decision_that_is_gone_is_named(audited):
    first, second = audited(), audited(minutes=20)
    run = CliRunner()
    whole = run.invoke(command, ["replay", "--day", LOCAL])
    assert whole.exit_code == 0 and "2 decisions, 0 differ, 0 not named" in whole.output
    assert "0 decisions" in run.invoke(command, ["replay", "--day", "2026-11-25"]).output
    with behind_the_triggers() as cursor:
        cursor.execute("DELETE FROM compliance_attemptoutcome")
        cursor.execute("DELETE FROM compliance_attempt WHERE decision_id = %s", [second.pk])
        cursor.execute("DELETE FROM compliance_gatedecision WHERE id = %s", [second.pk])
    gone = run.invoke(command, ["replay", "--day", LOCAL])
    assert gone.exit_code == 2 and f"{second.pk}  不同 differs" in gone.output and "missing" in gone.output
    assert str(first.pk) not in gone.output


def test_one_decision_is_told_in_both_languages(audited):
    decision = audited()
    told = CliRunner().invoke(command, ["replay", str(decision.pk)])
    assert told.exit_code == 0 and "现在可以拨打" in told.output and "You may call now" in told.output


def test_a_decision_that_never_was_is_an_error(db):
    with pytest.raises(ShouyueError, match="GATE-010"):
        replaying.replay(uuid4())
    assert CliRunner().invoke(command, ["replay"]).exit_code == 2
