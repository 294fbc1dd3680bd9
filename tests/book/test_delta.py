"""A lender's nightly delta: changed rows, rows that go, plans renewed, days that must follow each other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.store import Book
from tests.book.conftest import content

D5, D6, D7 = (date(2026, 2, day) for day in (5, 6, 7))


def table(lender, name: str, **keys: Any) -> dict[str, Any]:
    lender.profile["tables"][name] |= keys
    return lender.profile["tables"][name]


def held(outcome, name: str) -> list[dict[str, Any]]:
    return content(outcome.version)[name]


# --- changed rows


def test_a_changed_address_leaves_what_the_delta_does_not_speak_of(lender):
    lender.imported()
    table(lender, "customers", absent="keep", columns={"customer_id": "cust", "address": "lives"})
    lender.only(customers="cust,lives\nK1,New Road 1\n")
    outcome = lender.imported(append=True)
    first, second = held(outcome, "customers")
    assert (first["name"], first["address"], str(first["born_on"])) == ("Zhang San", "New Road 1", "1990-01-02")
    assert second["name"] == "Li Si" and second["address"] is None
    totals = outcome.totals["customers"]
    assert (totals.replaced, totals.added, totals.accepted) == (1, 0, 1)


def test_an_empty_field_of_a_column_that_is_there_empties_it(lender):
    lender.imported()
    table(lender, "customers", absent="keep")
    lender.only(customers="cust,who,sex,born\nK1,,M,1990-01-02\n")
    assert held(lender.imported(append=True), "customers")[0]["name"] is None


def test_a_column_may_be_in_one_file_and_not_in_another(lender):
    lender.imported()
    columns = table(lender, "customers", absent="keep", files=["c*.csv"])["columns"]
    columns["name"] = {"from": "who", "optional": True}
    columns["sex"] = {"from": "sex", "optional": True}
    columns["born_on"] = {"from": "born", "optional": True}
    lender.only(c1="cust,who\nK1,Zhang\n", c2="cust,sex\nK2,M\n")
    first, second = held(lender.imported(append=True), "customers")
    assert (first["name"], first["sex"]) == ("Zhang", "M") and (second["name"], second["sex"]) == ("Li Si", "M")


def test_a_partial_row_of_a_loan_the_book_does_not_know_is_refused(lender, quarantined):
    lender.imported()
    table(lender, "loans", absent="keep", columns={"loan_id": "contract", "closed_on": "closed"})
    lender.only(loans="contract,closed\nA1,2026-02-05\nA7,2026-02-05\n")
    outcome = lender.imported(append=True)
    assert [(r["line"], r["code"], r["field"]) for r in quarantined(outcome)] == [("3", "BOOK-105", "customer_id")]
    first, second = held(outcome, "loans")
    assert (str(first["closed_on"]), first["customer_id"], first["principal_minor"]) == ("2026-02-05", "K1", 120000)
    assert second["closed_on"] is None


def test_parts_of_an_instalment_make_its_amount_anew(lender):
    columns = table(lender, "instalments")["columns"]
    del columns["amount_minor"]
    columns |= {"principal_minor": "p", "interest_minor": "i"}
    lender.write("plan.csv", "contract,no,due,p,i\nA1,1,2026-01-05,90.00,10.00\nA2,1,2026-01-09,180.00,20.00\n")
    lender.imported()
    del columns["principal_minor"]
    table(lender, "instalments", absent="keep")
    lender.only(plan="contract,no,due,i\nA1,1,2026-01-05,0.00\n")
    first, second = held(lender.imported(append=True), "instalments")
    assert (first["principal_minor"], first["interest_minor"], first["amount_minor"]) == (9000, 0, 9000)
    assert second["amount_minor"] == 20000


def test_a_moved_due_date_replaces_the_instalment_where_its_number_is_its_identity(lender):
    table(lender, "instalments", identity=["loan_id", "seq"])
    lender.imported()
    lender.only(plan="contract,no,due,total\nA1,2,2026-02-20,100.00\n")
    rows = [r for r in held(lender.imported(append=True), "instalments") if r["loan_id"] == "A1"]
    assert [(r["seq"], str(r["due_date"])) for r in rows] == [(1, "2026-01-05"), (2, "2026-02-20")]


def test_a_renegotiated_plan_is_a_higher_version_beside_the_old_one(lender):
    table(lender, "instalments")["columns"]["version"] = "v"
    lender.write("plan.csv", "contract,no,due,total,v\nA1,1,2026-01-05,100.00,1\nA1,2,2026-02-05,100.00,1\n")
    lender.imported()
    lender.only(plan="contract,no,due,total,v\nA1,2,2026-03-05,60.00,2\nA1,3,2026-04-05,60.00,2\n")
    rows = [r for r in held(lender.imported(append=True), "instalments") if r["loan_id"] == "A1"]
    assert sorted((r["version"], r["seq"]) for r in rows) == [(1, 1), (1, 2), (2, 2), (2, 3)]


def test_a_plan_sent_whole_replaces_the_loans_plan_and_no_other(lender):
    lender.imported()
    table(lender, "instalments", replaces="all")
    lender.only(plan="contract,no,due,total\nA1,1,2026-01-05,100.00\nA1,5,2026-05-05,90.00\n")
    outcome = lender.imported(append=True)
    rows = held(outcome, "instalments")
    assert [(r["loan_id"], r["seq"]) for r in rows] == [("A1", 1), ("A1", 5), ("A2", 1)]
    totals = outcome.totals["instalments"]
    assert (totals.known, totals.added, totals.removed, totals.replaced) == (1, 1, 1, 0)
    assert lender.imported(append=True).repeated


# --- rows that go


def test_a_contact_is_removed_by_its_marker(lender):
    lender.add("contacts.csv", "K1,13900000009,spouse")
    lender.imported()
    table(lender, "contacts", deleted={"from": "op", "values": ["D", "DEL"]})
    lender.only(contacts="cust,phone,rel,op\nK1,13900000009,,D\nK2,13900000002,friend,U\nK1,13999999999,,DEL\n")
    outcome = lender.imported(append=True)
    assert [(r["customer_id"], r["phone"], r["relation"]) for r in held(outcome, "contacts")] == [
        ("K1", "13900000001", "self"),
        ("K2", "13900000002", "friend"),
    ]
    totals = outcome.totals["contacts"]
    assert (totals.read, totals.accepted, totals.deleted, totals.removed, totals.replaced, totals.known) == (
        3, 3, 1, 1, 1, 1,
    )  # fmt: skip
    assert lender.imported(append=True).repeated


def test_a_row_to_go_needs_its_identity_and_nothing_else(lender, quarantined):
    lender.imported()
    table(lender, "instalments", deleted={"from": "op", "values": ["D"]})
    lender.only(plan="contract,no,due,total,op\nA1,2,2026-02-05,not a sum,D\nA2,,2026-01-09,,D\nA2,9,2026-01-09,x,I\n")
    outcome = lender.imported(append=True)
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("3", "BOOK-105"), ("4", "BOOK-106")]
    assert [(r["loan_id"], r["seq"]) for r in held(outcome, "instalments")] == [("A1", 1), ("A2", 1)]
    totals = outcome.totals["instalments"]
    assert totals.read == totals.accepted + totals.quarantined == 3


def test_a_loan_that_goes_takes_its_rows_along(lender):
    before = lender.imported().version
    table(lender, "loans", deleted={"from": "op", "values": ["D"]})
    lender.only(loans="contract,cust,sum,periods,op\nA1,,,,D\n")
    outcome = lender.imported(append=True)
    version = outcome.version
    left = {name: {r["loan_id"] for r in rows if "loan_id" in r} for name, rows in content(version).items()}
    assert {name for name, ids in left.items() if ids == {"A2"}} == {"loans", "instalments", "payments"}
    assert set().union(*left.values()) == {"A2"}
    assert version.read("payments", 0)["loan_ix"].to_pylist() == [0, 0]
    assert {r["customer_id"] for r in held(outcome, "contacts")} == {"K1", "K2"}  # the customer is still one
    assert {r["loan_id"] for r in content(before)["payments"]} == {"A1", "A2"} and before.verify() == []


def test_a_customer_that_goes_takes_his_contacts_along_unless_he_has_a_loan(lender):
    lender.add("customers.csv", "K3,Wang Wu,M,1990-01-02")
    lender.add("contacts.csv", "K3,13900000003,self")
    lender.imported()
    table(lender, "customers", deleted={"from": "op", "values": ["1"]})
    lender.only(customers="cust,who,sex,born,op\nK2,,,,1\nK3,,,,1\n")
    outcome = lender.imported(append=True)
    assert [r["customer_id"] for r in held(outcome, "customers")] == ["K1"]
    assert [r["customer_id"] for r in held(outcome, "contacts")] == ["K1", "K2"]


def test_of_a_whole_book_rows_marked_as_gone_are_not_part(lender):
    table(lender, "loans", deleted={"from": "op", "values": ["D"]})
    lender.write("loans.csv", "contract,cust,sum,periods,op\nA1,K1,1200.00,12,\nA2,K2,2400.00,12,\nA3,,7.00,,D\n")
    outcome = lender.imported()
    assert outcome.exit_code == 0 and [r["loan_id"] for r in held(outcome, "loans")] == ["A1", "A2"]
    totals = outcome.totals["loans"]
    assert (totals.read, totals.accepted, totals.read_money) == (3, 3, 360_700)


def test_a_marker_that_would_empty_a_table_stops_the_import(lender):
    numbers = range(300)
    lender.write("fees.csv", "id,contract,kind,day,sum\n" + "".join(f"F{n},A1,penalty,2026-01-09,1\n" for n in numbers))
    first = lender.imported().version
    table(lender, "charges", deleted={"from": "op", "values": ["x"]})
    going = "id,contract,kind,day,sum,op\n" + "".join(f"F{n},A1,,,,x\n" for n in numbers)
    lender.only(fees=going)
    with pytest.raises(ShouyueError) as caught:
        lender.imported(append=True)
    assert caught.value.code == "BOOK-232" and "300" in caught.value.en
    assert Book(lender.book).versions() == [first.id]
    lender.profile["delta"] = {"deletes_at_most": 1}
    assert held(lender.imported(append=True), "charges") == []


def test_the_last_of_several_changes_of_a_row_counts(lender):
    lender.imported()
    table(lender, "customers", deleted={"from": "op", "values": ["D"]}, repeats="last")
    lender.only(customers="cust,who,sex,born,op\nK1,A,M,,U\nK2,,,,D\nK1,B,M,,U\nK2,Back,F,,I\n")
    outcome = lender.imported(append=True)
    assert [r["name"] for r in held(outcome, "customers")] == ["B", "Back"]
    totals = outcome.totals["customers"]
    assert (totals.read, totals.ignored, totals.replaced) == (2, 2, 2)


# --- days that follow each other


def test_days_follow_each_other_or_it_is_noticed(lender):
    lender.imported(day=D5)
    lender.only(paid="id,contract,day,sum,undoes\nP4,A1,2026-02-04,30.00,\n")
    with pytest.raises(ShouyueError, match="BOOK-219"):
        lender.imported(append=True, day=D7)
    with pytest.raises(ShouyueError, match="BOOK-218"):
        lender.imported(append=True, day=date(2026, 2, 4))
    sixth = lender.imported(append=True, day=D6)
    assert sixth.version.manifest["day"] == "2026-02-06"
    lender.profile["delta"] = {"gap_days": 10}
    lender.only(paid="id,contract,day,sum,undoes\nP5,A1,2026-02-04,30.00,\n")
    assert lender.imported(append=True, day=date(2026, 2, 16)).version.manifest["day"] == "2026-02-16"


def test_the_same_delta_again_is_known_even_after_later_ones(lender):
    lender.imported(day=D5)
    lender.only(customers="cust,who,sex,born\nK1,One,M,1990-01-02\n")
    sixth = lender.imported(append=True, day=D6)
    lender.only(customers="cust,who,sex,born\nK1,Two,M,1990-01-02\n")
    seventh = lender.imported(append=True, day=D7)
    lender.only(customers="cust,who,sex,born\nK1,One,M,1990-01-02\n")
    again = lender.imported(append=True, day=D6)
    assert again.repeated and again.version.id == seventh.version.id != sixth.version.id
    assert again.totals["customers"].replaced == 1  # what it did when it came
    back = lender.imported(append=True, day=date(2026, 2, 8))  # the same words on another day are news
    assert held(back, "customers")[0]["name"] == "One"


def test_a_day_without_news_is_a_day(lender):
    first = lender.imported(day=D5)
    lender.only(paid="id,contract,day,sum,undoes\nP1,A1,2026-01-04,100.00,\n")
    quiet = lender.imported(append=True, day=D6)
    assert not quiet.repeated and quiet.version.manifest["content"] == first.version.manifest["content"]
    assert lender.imported(append=True, day=D6).repeated
    lender.only(paid="id,contract,day,sum,undoes\nP4,A1,2026-02-04,30.00,\n")
    assert lender.imported(append=True, day=D7).totals["payments"].added == 1


def test_the_version_or_day_to_follow_may_be_named(lender):
    first = lender.imported(day=D5)
    lender.only(paid="id,contract,day,sum,undoes\nP4,A1,2026-02-04,30.00,\n")
    with pytest.raises(ShouyueError) as caught:
        lender.imported(append=True, day=D6, after="000007-12345678")
    assert caught.value.code == "BOOK-220" and first.version.id in caught.value.en
    lender.imported(append=True, day=D6, after=first.version.id)
    lender.only(paid="id,contract,day,sum,undoes\nP5,A1,2026-02-04,30.00,\n")
    assert not lender.imported(append=True, day=D7, after="2026-02-06").repeated


def test_the_day_may_be_read_from_folder_or_files(lender):
    lender.profile["delta"] = {"day": "files"}
    lender.profile["tables"]["payments"]["files"] = ["paid*.csv"]
    for path in list(lender.folder.iterdir()):
        path.rename(path.with_stem(f"{path.stem}_20260205"))
    for one in lender.profile["tables"].values():
        one["files"] = [f.removesuffix(".csv").removesuffix("*") + "*.csv" for f in one["files"]]
    assert lender.imported().version.manifest["day"] == "2026-02-05"
    lender.profile["delta"] = {"day": "folder"}
    lender.folder = lender.folder.rename(lender.folder.with_name("2026-02-06"))
    lender.only(paid="id,contract,day,sum,undoes\nP4,A1,2026-02-04,30.00,\n")
    assert lender.imported(append=True).version.manifest["day"] == "2026-02-06"


def test_every_version_stays_readable_and_shares_what_did_not_change(lender):
    versions = [lender.imported(day=D5).version]
    for day, name in ((D6, "One"), (D7, "Two")):
        lender.only(customers=f"cust,who,sex,born\nK1,{name},M,1990-01-02\n")
        versions.append(lender.imported(append=True, day=day).version)
    book = Book(lender.book)
    assert [content(book.version(v.id))["customers"][0]["name"] for v in versions] == ["Zhang San", "One", "Two"]
    for name in ("loans", "instalments", "payments", "contacts", "charges", "pauses"):
        assert len({v.shard_file(name, 0).stat().st_ino for v in versions}) == 1
    assert all(v.verify() == [] for v in versions)


FAULTS = {
    "corrections of loans": ("loans", {"corrections": "reverse"}, "corrections"),
    "replaces of payments": ("payments", {"replaces": "all"}, "replaces"),
    "an unknown choice": ("loans", {"absent": "guess"}, "absent"),
    "a marker without values": ("loans", {"deleted": {"from": "op"}}, "deleted"),
    "corrections of payments without numbers": (
        "payments",
        {"corrections": "reverse", "identity": ["loan_id", "value_date"]},
        "corrections",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_makes_no_sense_is_a_fault_of_the_profile(kind, lender):
    name, keys, place = FAULTS[kind]
    table(lender, name, **keys)
    with pytest.raises(ShouyueError) as caught:
        lender.imported()
    assert caught.value.code == "BOOK-303" and f"tables.{name}.{place}" in caught.value.en


@pytest.mark.parametrize("delta", [{"day": "name"}, {"gap_days": -1}, {"deletes_at_most": 2}, {"days": 1}])
def test_a_slip_in_delta_is_told(delta, lender):
    lender.profile["delta"] = delta
    with pytest.raises(ShouyueError, match="BOOK-303"):
        lender.imported()
