"""Every text that is typed about a borrower is held against the pack's words before anything of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shouyue.casework import handover, lost_contact, notes
from shouyue.casework.concessions import proposing
from shouyue.casework.matters import working
from shouyue.casework.matters.working import Evidence
from shouyue.casework.models import Concession, Loan, Matter, TimelineEntry
from shouyue.compliance.models import AuditEntry

from .conftest import TODAY
from .test_call import code_of

pytestmark = pytest.mark.django_db

BLOCKED, WARNED = "此人是 老 赖", "客户说有人要他坐牢"
Typed = Callable[[Any, str, str], Any]


def _matter(desk) -> Matter:
    return working.open_matter(desk.case.pk, "hardship", Evidence(note="told"), desk.rep, uuid4())


def _over(desk) -> Matter:
    return working.decide(_matter(desk).pk, "release", "seen", desk.manager, uuid4())


def _waiver(desk) -> Concession:
    Loan.objects.update(outstanding_penalty_minor=80_000)
    return proposing.propose(desk.case.pk, "L0001", {"penalty": 20_000}, "hardship", "", desk.rep, uuid4())


#: what is there before, and how a text is typed onto it: (desk, what was there, text, the reason to keep it)
PLACES: dict[str, tuple[Callable, Callable]] = {
    "note": (lambda d: None, lambda d, _, text, why: notes.add(d.case.pk, text, d.rep, uuid4(), why)),
    "handover": (
        lambda d: None,
        lambda d, _, text, why: handover.hand_over(
            d.case.pk, d.colleague.pk, d.rep, "workload", text, uuid4(), wording_reason=why
        ),
    ),
    "matter, opened": (
        lambda d: None,
        lambda d, _, text, why: working.open_matter(d.case.pk, "hardship", Evidence(note=text), d.rep, uuid4(), why),
    ),
    "matter, archive number": (
        _matter,
        lambda d, m, text, why: working.add_evidence(m.pk, Evidence(reference=text), d.rep, uuid4(), why),
    ),
    "matter, evidence": (
        _matter,
        lambda d, m, text, why: working.add_evidence(m.pk, Evidence(note=text), d.rep, uuid4(), why),
    ),
    "matter, deadline": (
        _matter,
        lambda d, m, text, why: working.extend(m.pk, TODAY + timedelta(days=9), text, d.manager, uuid4(), why),
    ),
    "matter, decision": (
        _matter,
        lambda d, m, text, why: working.decide(m.pk, "reject", text, d.manager, uuid4(), wording_reason=why),
    ),
    "matter, reopened": (_over, lambda d, m, text, why: working.reopen(m.pk, text, d.rep, uuid4(), why)),
    "concession, proposed": (
        lambda d: Loan.objects.update(outstanding_penalty_minor=80_000),
        lambda d, _, text, why: proposing.propose(
            d.case.pk, "L0001", {"penalty": 20_000}, "hardship", text, d.rep, uuid4(), why
        ),
    ),
    "concession, approved": (_waiver, lambda d, c, text, why: proposing.decide(c.pk, "approve", text, d.head, why)),
    "concession, rejected": (_waiver, lambda d, c, text, why: proposing.decide(c.pk, "reject", text, d.head, why)),
    "concession, withdrawn": (_waiver, lambda d, c, text, why: proposing.decide(c.pk, "withdraw", text, d.rep, why)),
    "lost contact": (
        lambda d: None,
        lambda d, _, text, why: lost_contact.tried(d.case.pk, "own_file", "nothing", text, d.rep, uuid4(), why),
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_block_is_refused_whatever_reason_is_given_and_nothing_is_kept(desk, morning, place):
    before, typed = PLACES[place]
    there = before(desk)
    was = list(TimelineEntry.objects.values_list("pk")), list(AuditEntry.objects.values_list("pk"))
    assert code_of(lambda: typed(desk, there, BLOCKED, "the manager says so")) == ("WORD-001", "note")
    assert was == (list(TimelineEntry.objects.values_list("pk")), list(AuditEntry.objects.values_list("pk")))


@pytest.mark.parametrize("place", PLACES)
def test_a_warning_is_kept_with_its_reason_in_the_timeline_and_with_its_rule_in_the_chain(desk, morning, place):
    before, typed = PLACES[place]
    there = before(desk)
    assert code_of(lambda: typed(desk, there, WARNED, " ")) == ("WORD-002", "wording_reason")
    typed(desk, there, WARNED, "客户原话")
    entry = TimelineEntry.objects.filter(case=desk.case).latest("pk")
    assert (entry.data["wording"], entry.data["wording_reason"]) == (["words-threats"], "客户原话")
    chained = AuditEntry.objects.latest("seq").data
    assert chained["wording"] == ["words-threats"] and "客户" not in str(chained)
