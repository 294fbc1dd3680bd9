"""A day from the book to the desk."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import barring, ending, number_corrections, numbers
from shouyue.casework.details import keeping, reading
from shouyue.casework.details.keeping import Said
from shouyue.casework.models import Case, ContactPoint, Customer, Loan, TimelineEntry, ToldDetail
from shouyue.casework.number_corrections import Correction
from shouyue.compliance import wishes
from shouyue.compliance.identity import person_key
from shouyue.compliance.models import AuditEntry, Person, Wish
from shouyue.daily.models import DailyRun
from shouyue.people.models import Region, Store, User
from shouyue.reports import witness
from tests.daily.conftest import DAY, after, case_of, contact

pytestmark = pytest.mark.django_db


def kinds(case: Case) -> list[str]:
    return list(TimelineEntry.objects.filter(case=case).order_by("id").values_list("kind", flat=True))


def test_late_customer_gets_a_case_with_all_his_loans(lender, reps):
    lender.loan("L1", after(-5), amount=50_000)
    lender.loan("L2", after(20), customer="C1")
    lender.loan("L3", after(25))
    run = lender.day()
    case = Case.objects.get()
    assert (case.customer.customer_id, case.status, case.phase, case.dpd) == ("C1", "open", "collection", 5)
    assert (case.opened_on, case.as_of, case.inflow_on, case.strategy) == (DAY, DAY, DAY, run.strategy)
    assert case.overdue_minor == 50_000
    assert case.reason_zh
    assert case.reason_en
    assert case.assignee in reps
    assert kinds(case) == ["opened", "allocated"]
    assert set(Loan.objects.values_list("loan_id", flat=True)) == {"L1", "L2"}
    customer = Customer.objects.get()
    assert customer.name == "测试C1"
    assert customer.person == Person.objects.get(key=person_key("XC1", "C1"))
    assert customer.store.region == Region.objects.get(name="东区")
    assert ContactPoint.objects.get().phone_end == "0001"


def test_loan_carries_its_instalments_and_the_next_debit_date(lender, reps):
    lender.loan("L1", after(-5), amount=50_000)
    lender.pays("L1", after(-4), 20_000)
    lender.day()
    loan = Loan.objects.get()
    first, second, _ = loan.schedule
    assert first == {
        "seq": 1,
        "due": after(-5).isoformat(),
        "debit": after(-4).isoformat(),
        "amount": 50_000,
        "paid": 20_000,
        "met_on": None,
    }
    assert second["paid"] == 0
    assert (loan.overdue_minor, loan.outstanding_minor) == (30_000, 130_000)
    assert (loan.next_due, loan.debit_date) == (after(25), after(26))
    assert loan.lateness == [5]
    assert loan.last_payment_minor == 20_000


def test_reminder_two_days_before_the_due_date(lender, reps):
    lender.loan("L1", after(2))
    lender.day()
    case = Case.objects.get()
    assert (case.phase, case.inflow_on, case.due_minor, case.next_due) == ("reminder", None, 100_000, after(2))


def test_publishing_the_day_again_changes_nothing(lender, reps):
    lender.loan("L1", after(-5))
    first = lender.day()
    again = lender.day()
    assert (again.pk, again.published_at) == (first.pk, first.published_at)
    assert AuditEntry.objects.filter(action="day.publish").count() == 1
    assert TimelineEntry.objects.count() == 2


def test_paid_reminder_closes_as_paid(lender, reps):
    lender.loan("L1", after(2))
    lender.day()
    lender.pays("L1", after(1))
    lender.day(after(1))
    case = Case.objects.get()
    assert (case.status, case.close_reason, case.closed_on) == ("closed", "paid", after(1))
    assert kinds(case) == ["opened", "allocated", "closed", "payment"]


def test_case_that_owes_nothing_overdue_closes_as_cured(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    lender.pays("L1", after(1))
    lender.day(after(1))
    assert case_of("C1").close_reason == "cured"
    assert Loan.objects.get().overdue_minor == 0


def test_case_that_owes_nothing_at_all_closes_as_settled(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    lender.pays("L1", after(1), 300_000)
    lender.day(after(1))
    assert case_of("C1").close_reason == "settled"


def test_customer_who_left_the_book_is_withdrawn_with_his_loans(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-6))
    lender.day()
    for name in ("loans", "instalments"):
        lender.rows[name] = [r for r in lender.rows[name] if r["loan_id"] != "L1"]
    lender.day(after(1))
    assert case_of("C1").close_reason == "withdrawn"
    assert list(Loan.objects.values_list("loan_id", flat=True)) == ["L2"]


def test_reminder_that_was_not_paid_flows_into_collection_and_back(lender, reps):
    lender.loan("L1", after(1))
    lender.loan("L2", after(3), customer="C1")
    lender.day()
    lender.day(after(1))
    case = Case.objects.get()
    assert (case.phase, case.inflow_on) == ("reminder", None)
    lender.day(after(2))
    case = Case.objects.get()
    assert (case.phase, case.inflow_on) == ("collection", after(2))
    entry = TimelineEntry.objects.get(case=case, kind="phase")
    assert (entry.data["from"], entry.data["to"], entry.data["dpd"]) == ("reminder", "collection", 1)
    lender.day(after(2))
    assert Case.objects.get().inflow_on == after(2)
    lender.loan("L3", after(5), customer="C1")
    for loan in ("L1", "L2"):
        lender.pays(loan, after(3))
    lender.day(after(3))
    assert Case.objects.get().phase == "reminder"
    assert TimelineEntry.objects.filter(case=case, kind="phase").count() == 2


def test_customer_who_comes_back_gets_a_new_case_and_his_rep(lender, reps):
    for n in range(1, 7):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    had = case_of("C3").assignee
    lender.pays("L3", after(1))
    lender.day(after(1))
    assert case_of("C3").status == "closed"
    lender.day(after(26))
    new = case_of("C3")
    assert (new.status, new.inflow_on, new.assignee) == ("open", after(26), had)
    assert new.assigned_because_zh.startswith("延续")
    assert Case.objects.filter(customer__customer_id="C3").count() == 2


def test_no_case_is_opened_on_whom_head_office_has_done_with_until_the_work_is_taken_up(lender, reps):
    head = User.objects.create(username="head", role="head_office")
    for n in range(1, 4):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    case = case_of("C2")
    ending.end(case.pk, "sold", "sold to another lender", head)
    lender.day()
    lender.day(after(1))
    assert case_of("C2") == case and case_of("C2").status == "closed" and case_of("C1").status == "open"
    ending.take_up(case.pk, "bought back", head)
    lender.day(after(2))
    assert case_of("C2").status == "open" and case_of("C2") != case


def test_customer_who_comes_back_is_left_out_by_what_he_once_said(lender, reps):
    for loan in ("L1", "L2"):
        lender.loan(loan, after(-5))
    lender.day()
    for loan in ("L1", "L2"):
        lender.pays(loan, after(1))
    lender.day(after(1))
    wishes.write(
        uuid4(),
        Wish.Kind.CHANNEL_REFUSED,
        person=case_of("C1").customer.person_id,
        channels=["call"],
        evidence=Wish.Evidence.WRITTEN,
        evidence_ref="letter-1",
        at=datetime(*after(2).timetuple()[:3], 6, tzinfo=UTC),
    )
    lender.day(after(26))
    back, other = case_of("C1"), case_of("C2")
    assert back.opened_on == other.opened_on == after(26)
    assert back.barred_until == barring.FOR_EVER
    assert back.barred_en
    assert other.barred_until is None


def test_store_that_the_desk_does_not_know_is_made_and_its_cases_wait_for_a_rep(lender, reps):
    lender.loan("L1", after(-5), store="S9")
    lender.loan("L2", after(-5), store=None)
    run = lender.day()
    assert case_of("C1").store == Store.objects.get(code="S9")
    assert case_of("C1").assignee is None
    assert case_of("C2").store.code == "-"
    assert run.totals["unassigned"] == 2


def test_reps_hired_during_the_day_get_the_waiting_cases_when_it_is_published_again(lender, store):
    from shouyue.people.models import User

    lender.loan("L1", after(-5))
    lender.day()
    assert case_of("C1").assignee is None
    rep = User.objects.create(username="new", role="rep", store=store)
    lender.day()
    assert case_of("C1").assignee == rep


def test_newer_book_on_the_same_day_brings_the_case_up_to_date(lender, reps):
    lender.loan("L1", after(-5), amount=100_000)
    lender.day()
    lender.pays("L1", DAY, 40_000)
    lender.day()
    assert case_of("C1").overdue_minor == 60_000
    assert DailyRun.objects.count() == 2
    assert DailyRun.objects.latest("published_at").totals["opened"] == 1


def test_a_published_day_that_is_altered_is_named(lender, reps):
    lender.loan("L1", after(-5), amount=100_000)
    first = lender.day()
    lender.pays("L1", DAY, 40_000)
    lender.day()
    assert list(witness.altered()) == []
    DailyRun.objects.filter(pk=first.pk).update(strategy_digest="0" * 64)
    assert [(one.row, one.field) for one in witness.altered()] == [(f"DailyRun {first.pk}", "terms")]


def test_what_people_wrote_stays(lender, reps, django_user_model):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.day()
    case = case_of("C1")
    other = next(r for r in reps if r != case.assignee)
    Case.objects.filter(pk=case.pk).update(
        assignee=other,
        next_action="confirm_promise",
        last_result="promise",
        done_on=DAY,
        assigned_because_zh="由 甲 移交",
    )
    lender.day()
    case = case_of("C1")
    assert (case.assignee, case.assigned_because_zh) == (other, "由 甲 移交")
    lender.day(after(1))
    case = case_of("C1")
    assert (case.assignee, case.assigned_because_zh) == (other, "延续：由您跟进")
    assert (case.next_action, case.last_result, case.done_on, case.as_of) == (
        "confirm_promise",
        "promise",
        DAY,
        after(1),
    )


def test_number_that_vanished_from_the_file_is_tried_last(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    old = ContactPoint.objects.get()
    lender.rows["contacts"] = [{"customer_id": "C1", "phone": "20000000002", "relation": "self", "rank": 0}]
    lender.day(after(1))
    old.refresh_from_db()
    assert old.rank == 9000
    assert ContactPoint.objects.get(phone="20000000002").rank == 1
    lender.rows["contacts"].append({"customer_id": "C1", "phone": old.phone, "relation": "self", "rank": 1})
    lender.day(after(2))
    assert ContactPoint.objects.get(pk=old.pk).rank == 2


def test_a_day_before_the_published_one_is_refused(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    with pytest.raises(ShouyueError, match="DAY-001"):
        lender.day(after(-1))


def test_another_book_is_refused_unless_it_is_to_replace(lender, reps, tmp_path):
    lender.loan("L1", after(-5))
    lender.day()
    lender.path = tmp_path / "other"
    with pytest.raises(ShouyueError, match="DAY-003"):
        lender.day()
    lender.rows["customers"][0]["customer_id"] = "C7"
    lender.day(replace_book=True)
    assert DailyRun.objects.latest("published_at").book == "other"


def test_a_row_the_database_refuses_is_told_without_its_content(lender, reps):
    lender.loan("L1", after(-5), term=-1)
    with pytest.raises(ShouyueError, match="DAY-006") as told:
        lender.day()
    assert "casework_loan" in str(told.value)
    assert "C1" not in str(told.value)
    assert not Case.objects.exists()


def test_a_time_zone_that_does_not_exist_is_left_out(lender, reps):
    lender.loan("L1", after(-5))
    lender.loan("L2", after(-5))
    lender.rows["customers"][0]["zone"] = "Asia/Urumqi"
    lender.rows["customers"][1]["zone"] = "Middle/Earth"
    lender.day()
    assert dict(Customer.objects.values_list("customer_id", "zone")) == {"C1": "Asia/Urumqi", "C2": ""}


def test_a_number_that_the_desk_was_told_stays_first_and_is_one_with_the_files(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    rep = case_of("C1").assignee
    own_number = numbers.Told("200 0000 0007", "self", "mobile", "borrower")
    told = numbers.add(case_of("C1").pk, own_number, rep, uuid4())
    lender.day(after(1))
    told.refresh_from_db()
    own = list(ContactPoint.objects.filter(customer__customer_id="C1").order_by("rank", "id"))
    assert own[0] == told and len(own) == 2
    lender.rows["contacts"].append({"customer_id": "C1", "phone": told.phone, "relation": "self", "rank": 3})
    lender.day(after(2))
    assert ContactPoint.objects.filter(customer__customer_id="C1").count() == 2


def test_what_the_desk_was_told_of_a_number_outlives_the_file_until_that_says_the_same(lender, reps):
    lender.loan("L1", after(-5))
    phone = "20000000007"
    row = {"customer_id": "C1", "phone": phone, "relation": "friend", "rank": 3, "consent": True, "place": "home"}
    lender.rows["contacts"].append(row)
    lender.day()
    point, rep = ContactPoint.objects.get(phone=phone), case_of("C1").assignee
    told = Correction("spouse", "work", "records", reference="A-1")
    number_corrections.correct(case_of("C1").pk, point.pk, told, rep, uuid4())
    for n, (file, counts, filed, agreed) in enumerate(
        (
            ({}, ("spouse", "work"), {"relation": "friend", "place": "home"}, None),
            ({"relation": "colleague"}, ("spouse", "work"), {"relation": "colleague", "place": "home"}, None),
            ({"place": "work", "rank": 7}, ("spouse", "work"), {"relation": "colleague"}, None),
            ({"relation": "spouse"}, ("spouse", "work"), None, True),
            ({"relation": "parent"}, ("parent", "work"), None, True),
        ),
        1,
    ):
        row.update(file)
        lender.day(after(n))
        point.refresh_from_db()
        assert ((point.relation, point.place), point.filed, point.agreed) == (counts, filed, agreed), n
    assert point.rank == 8


def test_an_address_that_was_told_counts_until_the_file_says_the_same(lender, reps):
    lender.loan("L1", after(-5))
    lender.day()
    case = case_of("C1")
    said = Said("address", "某路 2 号", "records", reference="A-1", letters=True)
    keeping.say(case.pk, said, case.assignee, uuid4())
    for n, (address, counts) in enumerate((("某路 1 号", True), ("某路 2 号", False), ("某路 3 号", False)), 1):
        lender.rows["customers"][0]["address"] = address
        lender.day(after(n))
        assert (reading.for_letters(case.customer_id) is not None) is counts, address
        assert Customer.objects.get(pk=case.customer_id).address == address


def test_what_was_told_counts_until_the_lenders_file_says_the_same(lender, reps):
    lender.loan("L1", after(-5))
    lender.rows["customers"][-1] |= {"address": "苏州某路 1 号", "city": "苏州", "zone": "Asia/Shanghai"}
    lender.day()
    contact("C1")
    with clock.at(datetime(2026, 11, 24, 8, tzinfo=UTC)):
        told = Said("address", "東京都某町 3", "borrower", zone="Asia/Tokyo")
        keeping.say(case_of("C1").pk, told, reps[0], uuid4())
    for day in (1, 2):
        lender.day(after(day))
        customer = case_of("C1").customer
        assert (customer.address, customer.told_zone) == ("苏州某路 1 号", "Asia/Tokyo")
        assert not ToldDetail.objects.get().settled
    lender.rows["customers"][-1] |= {"address": "東京都某町 3", "zone": "Asia/Tokyo"}
    lender.day(after(3))
    customer = case_of("C1").customer
    assert (customer.zone, customer.told_zone) == ("Asia/Tokyo", "") and ToldDetail.objects.get().settled
