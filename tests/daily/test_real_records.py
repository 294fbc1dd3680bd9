"""Real records of a lender who gives no names, no phones, stores as numbers, and a day long past."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date

import pytest

from shouyue.book.importing import import_folder
from shouyue.book.profile import load
from shouyue.casework.models import Case, ContactPoint, Customer, Loan
from shouyue.daily.cycle import run
from shouyue.people.models import Store, User

pytestmark = [pytest.mark.shared, pytest.mark.django_db]

DAY = date(2023, 6, 30)


def test_home_credit_is_published_with_its_own_figures(shared_data, tmp_path):
    import_folder(shared_data / "homecredit", load("homecredit"), tmp_path / "homecredit")
    published = run(DAY, tmp_path / "homecredit")
    with (shared_data / "homecredit" / "expected_2023-06-30.csv").open() as file:
        expected = {r["contract_no"]: r for r in csv.DictReader(file)}
    owner = dict(Loan.objects.values_list("loan_id", "customer__customer_id"))
    assert owner
    late: defaultdict[str, list[dict]] = defaultdict(list)
    for loan in Loan.objects.all():
        row = expected[loan.loan_id]
        assert (loan.dpd, loan.overdue_minor) == (int(row["dpd"]), int(row["overdue_minor"]))
        assert str(loan.next_due or "") == row["next_due"]
        if loan.dpd:
            late[owner[loan.loan_id]].append(row)
    assert late
    for case in Case.objects.filter(phase="collection").select_related("customer"):
        rows = late[case.customer.customer_id]
        assert case.overdue_minor == sum(int(r["overdue_minor"]) for r in rows)
        assert case.dpd == max(int(r["dpd"]) for r in rows)
    assert published.totals["cases"] == Case.objects.count() > 20
    assert not Customer.objects.exclude(name="").exists()
    assert not ContactPoint.objects.exists()
    assert Store.objects.filter(code__regex=r"^\d+$").exists()


def test_staff_taken_on_afterwards_get_the_cases(shared_data, tmp_path):
    import_folder(shared_data / "homecredit", load("homecredit"), tmp_path / "homecredit")
    run(DAY, tmp_path / "homecredit")
    store = Case.objects.first().store
    rep = User.objects.create(username="rep", role="rep", store=store)
    run(DAY, tmp_path / "homecredit")
    assert set(Case.objects.filter(store=store).values_list("assignee", flat=True)) == {rep.pk}
