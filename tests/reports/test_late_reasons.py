"""Why people are late: counted as one would by hand, over made-up contacts and promises."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

import pytest

from shouyue.casework.models import Case, Contact, Loan, Promise
from shouyue.people.models import Role, Store, User
from shouyue.reports.late_reasons import WAYS, behind, lines
from tests.daily.conftest import DAY, Lender, after, contact
from tests.daily.test_promises import promise

pytestmark = pytest.mark.django_db

REASONS = ("forgot", "cash_flow", "habit")


@pytest.fixture
def made(tmp_path) -> None:
    """Thirty late customers of two stores and products, contacts and promises over ten days."""
    lot = Random(11)
    lender = Lender(tmp_path / "book")
    for code in ("S1", "S2"):
        store = Store.objects.create(code=code, name=code)
        User.objects.create(username=code, full_name=code, role=Role.REP, store=store)
    for n in range(1, 31):
        product = lot.choice(["手机分期", "家电分期"])
        lender.loan(f"L{n}", after(-lot.choice([3, 20, 45])), store=lot.choice(["S1", "S2"]), product=product)
    for n in range(1, 8):  # a second loan that is not late
        lender.loan(f"L9{n}", after(20), customer=f"C{n}", product="其他")
    lender.day()
    for _ in range(70):
        customer, day = f"C{lot.randint(1, 30)}", after(lot.randint(0, 9))
        if lot.random() < 0.35:
            done = promise(customer, 1_000, day + timedelta(days=2), made=day)
            state = lot.choice(["kept", "kept", "part_kept", "broken", "open"])
            Promise.objects.filter(pk=done.pk).update(state=state)
        why, purpose = lot.choice(["", *REASONS]), lot.choice(["collection", "collection", "reminder"])
        contact(customer, day, hour=lot.randint(1, 9), why_late=why, purpose=purpose, status="finished")
    contact("C1", after(1), hour=3, why_late="forgot", status="started", finished_at=None)


def by_hand(stores: set[str], since: date, until: date, by: str) -> dict[tuple, tuple]:
    """Line by line: cases, of all in the group, judged promises, those kept."""
    told: dict[int, tuple[datetime, str]] = {}
    for one in Contact.objects.all():
        counts = one.why_late and one.status == "finished" and one.purpose == "collection"
        if counts and since <= one.business_day <= until and one.case.store.code in stores:
            told[one.case_id] = max(
                told.get(one.case_id, (one.started_at, one.why_late)), (one.started_at, one.why_late)
            )
    sums: dict[tuple, list[int]] = {}
    for case_id, (_, reason) in told.items():
        case = Case.objects.get(pk=case_id)
        loans = Loan.objects.filter(customer=case.customer)
        lead = max(loans, key=lambda loan: loan.dpd)
        group = {"": "", "stage": case.stage, "product": lead.product, "store": str(case.store_id)}[by]
        line = sums.setdefault((group, reason), [0, 0, 0])
        line[0] += 1
        for one in Promise.objects.filter(case_id=case_id, made_on__gte=since, made_on__lte=until):
            line[1] += one.state in ("kept", "part_kept", "broken")
            line[2] += one.state == "kept"
    whole = {group: sum(line[0] for (g, _), line in sums.items() if g == group) for group, _ in sums}
    return {key: (line[0], whole[key[0]], line[1], line[2]) for key, line in sums.items()}


@pytest.mark.parametrize("by", ["", *WAYS])
def test_it_counts_as_by_hand(made, by):
    seen = 0
    for stores in ({"S1", "S2"}, {"S1"}):
        for since, until in ((0, 9), (2, 4), (5, 5), (20, 30)):
            cases, period = Case.objects.filter(store__code__in=stores), (after(since), after(until))
            found = lines(cases, *period, by)
            assert {(x.group, x.reason): (x.cases, x.of, x.judged, x.kept) for x in found} == by_hand(
                stores, *period, by
            )
            assert found == sorted(found, key=lambda x: (x.group, -x.cases, x.reason))
            for one in found:
                assert behind(cases, *period, one.reason, by, one.group).count() == one.cases
            seen += sum(x.kept for x in found)
    assert seen > 5, "there is something to count"


def test_shares_of_nothing_are_none(made):
    line = lines(Case.objects.all(), DAY, after(9))[0]
    assert line.share and 0 < line.share < 1
    line.judged = line.of = 0
    assert line.share is None and line.kept_rate is None


def test_it_takes_two_queries(made, django_assert_num_queries):
    for by in ("", *WAYS):
        with django_assert_num_queries(2):
            lines(Case.objects.all(), DAY, after(9), by)


def test_an_erased_reason_is_counted_no_more(made):
    Contact.objects.update(why_late="")
    assert lines(Case.objects.all(), DAY, after(9)) == []
