"""An address or employer that was told: kept beside the lender's file, counted until that says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from shouyue.base import clock
from shouyue.casework import barring, calls, reveal
from shouyue.casework.asking import question
from shouyue.casework.details import keeping, reading
from shouyue.casework.details.keeping import Said
from shouyue.casework.models import Case, TimelineEntry, ToldDetail
from shouyue.casework.outcome import Outcome
from shouyue.compliance import gate, replaying
from shouyue.compliance.models import AuditEntry, GateDecision
from shouyue.privacy import copying
from shouyue.reports import witness

from .test_call import code_of

pytestmark = pytest.mark.django_db


def say(desk, value="杭州某街 2 号", what="address", source="borrower", key=None, **more):
    return keeping.say(desk.case.pk, Said(what, value, source, **more), desk.rep, key or uuid4())


def spoken(desk, point=None, reached="self"):
    contact = calls.start(desk.case.pk, (point or desk.own).pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached=reached, result="no_result"))
    return contact


def now(desk) -> dict[str, str]:
    return {what: one.value for what, one in reading.current(reading.history(desk.case.customer_id)).items()}


def test_it_is_kept_once_with_who_told_it_when_and_in_which_contact(desk, morning):
    contact, key = spoken(desk), uuid4()
    made = say(desk, key=key, letters=True, reference="通话中告知")
    assert say(desk, key=key) == made and ToldDetail.objects.count() == 1
    assert (made.contact_id, made.source, made.by, made.letters) == (contact.pk, "borrower", desk.rep, True)
    told = f"{desk.case.timeline.get(kind='told').data} {AuditEntry.objects.get(action='detail.add').data}"
    assert "杭州" not in told
    say(desk, "晨光小馆", "employer")
    assert now(desk) == {"address": "杭州某街 2 号", "employer": "晨光小馆"}
    say(desk, "杭州某街 3 号")
    assert now(desk)["address"] == "杭州某街 3 号" and ToldDetail.objects.count() == 3
    assert reading.for_letters(desk.case.customer_id) == made, "the newer one is not confirmed for letters"
    assert reveal.customer_field(desk.case.pk, "told_address", "call", desk.rep) == "杭州某街 3 号"
    assert "杭州某街 2 号" in str(copying.copy(desk.case.customer.customer_id, desk.auditor))


def test_who_alters_it_afterwards_is_found(desk, morning):
    spoken(desk)
    made = say(desk)
    assert not list(witness.altered())
    ToldDetail.objects.filter(pk=made.pk).update(value="别处")
    assert [one.field for one in witness.altered()] == ["told"]
    TimelineEntry.objects.filter(kind="told").update(data={})
    assert len(list(witness.altered())) == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"what": "village"}, "TOLD-001"),
        ({"value": " "}, "TOLD-002"),
        ({"value": "x" * 301}, "TOLD-002"),
        ({"what": "employer", "value": "x" * 201}, "TOLD-002"),
        ({"source": "internet"}, "NUM-002"),
        ({"source": "records"}, "NUM-004"),
        ({"source": "contact", "letters": True}, "TOLD-003"),
        ({"reference": "他在坐牢"}, "WORD-002"),
        ({"value": "原住址"}, "TOLD-004"),
        ({}, "NUM-013"),
    ],
)
def test_what_does_not_fit_is_refused(desk, morning, more, code):
    customer = desk.case.customer
    customer.address = "原住址"
    customer.save()
    assert code_of(lambda: say(desk, **more))[0] == code
    assert not ToldDetail.objects.exists()


def test_back_at_the_address_of_the_file_the_file_counts(desk, morning):
    spoken(desk)
    customer = desk.case.customer
    customer.address = "原住址"
    customer.save()
    say(desk, letters=True)
    assert code_of(lambda: say(desk))[0] == "TOLD-004"
    say(desk, "原住址")
    assert now(desk) == {} and reading.for_letters(customer.pk) is None


TOKYO = "Asia/Tokyo"


def refused_by(desk, point) -> set[str]:
    case = Case.objects.get(pk=desk.case.pk)
    return {f.rule for f in gate.preview(question(case, point, desk.rep, clock.now())).refusals}


def test_an_address_in_another_time_zone_keeps_contacts_to_the_hours_of_both(desk, morning):
    spoken(desk)
    made = say(desk, "東京都某町 3", zone=TOKYO)
    assert made.zone == TOKYO and not list(witness.altered())
    with clock.at(datetime(2026, 11, 24, 13, 30, tzinfo=UTC)):  # 21:30 in Shanghai
        assert refused_by(desk, desk.own) == {"quiet-hours"}
        assert "quiet-hours" not in refused_by(desk, desk.friend), "he lives where he lives"
        barring._zones.cache_clear()
        barring._closed.cache_clear()
        assert Case.objects.filter(barring.barred(clock.now()), pk=desk.case.pk).exists()
        call = calls.start(desk.case.pk, desk.own.pk, desk.rep, uuid4())
        assert call.contact is None
        assert replaying.replay(GateDecision.objects.latest("at").pk).same
        say(desk, "杭州某街 4 号")  # moved again, to where the file has him
        assert refused_by(desk, desk.own) == set()
    ToldDetail.objects.filter(pk=made.pk).update(zone="Asia/Shanghai")
    assert [one.field for one in witness.altered()] == ["terms"]


def test_a_new_day_by_the_file_alone_brings_no_new_budget(desk, morning):
    """Three talks in the evening of the 24th; at nine the next day it is still that evening in New York."""
    spoken(desk)
    evening = datetime(2026, 11, 24, 13, tzinfo=UTC)
    for n in range(3):
        past = question(desk.case, desk.own, desk.rep, evening + timedelta(minutes=n))
        with clock.at(past.at), transaction.atomic():
            gate.record(past, uuid4(), "conversation")
    with clock.at(datetime(2026, 11, 25, 1, tzinfo=UTC)):
        assert refused_by(desk, desk.own) == set()
        say(desk, zone="America/New_York")
        assert refused_by(desk, desk.own) == {"conversations-per-day"}
        case = Case.objects.get(pk=desk.case.pk)
        assert case.barred_until == datetime(2026, 11, 25, 13, tzinfo=UTC) and "New_York" in case.barred_en
        assert Case.objects.filter(barring.barred(clock.now()), pk=case.pk).exists()


def test_the_zone_of_the_file_is_no_other(desk, morning):
    spoken(desk)
    assert say(desk, zone="Asia/Shanghai").zone == "" and Case.objects.get().customer.told_zone == ""
    assert code_of(lambda: say(desk, zone=""))[0] == "TOLD-004"
    say(desk, zone=TOKYO)  # the same address, and where it is


@pytest.mark.parametrize("more", [{"zone": "Nowhere/Atall"}, {"zone": "UTC"}, {"zone": TOKYO, "what": "employer"}])
def test_what_is_no_zone_of_an_address_is_refused(desk, morning, more):
    spoken(desk)
    assert code_of(lambda: say(desk, **more))[0] == "TOLD-005"
    assert not ToldDetail.objects.exists()
