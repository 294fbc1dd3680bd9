"""Rows as they should never come: each goes to quarantine with its own code, and nothing else is touched or lost."""

from __future__ import annotations

import pytest

#: file, line added, code, field, and the physical line on which it stands
ROWS: dict[str, tuple[str, str | bytes, str, str]] = {
    "bytes in another encoding": ("customers.csv", "K3,张三,M,1990-01-01".encode("gb18030"), "BOOK-101", ""),
    "NUL byte": ("loans.csv", "A\0 3,K1,1.00,12", "BOOK-102", ""),
    "quote never closed": ("paid.csv", '"P9,A1,2026-01-04,1.00,', "BOOK-103", ""),
    "text after a closing quote": ("paid.csv", '"P9"x,A1,2026-01-04,1.00,', "BOOK-103", ""),
    "a field too few": ("paid.csv", "P9,A1,2026-01-04,1.00", "BOOK-104", ""),
    "a field too many": ("paid.csv", "P9,A1,2026-01-04,1,000.00,", "BOOK-104", ""),
    "no contract number": ("loans.csv", ",K1,1.00,12", "BOOK-105", "loan_id"),
    "no amount": ("paid.csv", "P9,A1,2026-01-04,,", "BOOK-105", "amount_minor"),
    "no due date": ("plan.csv", "A1,3,,100.00", "BOOK-105", "due_date"),
    "amount in words": ("paid.csv", "P9,A1,2026-01-04,壹佰元,", "BOOK-106", "amount_minor"),
    "two decimal points": ("paid.csv", "P9,A1,2026-01-04,1.2.3,", "BOOK-106", "amount_minor"),
    "full-width digits": ("paid.csv", "P9,A1,2026-01-04,１２,", "BOOK-106", "amount_minor"),
    "not a number": ("paid.csv", "P9,A1,2026-01-04,NaN,", "BOOK-106", "amount_minor"),
    "part of a cent": ("paid.csv", "P9,A1,2026-01-04,1.005,", "BOOK-108", "amount_minor"),
    "negative payment": ("paid.csv", "P9,A1,2026-01-04,-5.00,", "BOOK-109", "amount_minor"),
    "negative in brackets": ("plan.csv", "A1,3,2026-03-05,(5.00)", "BOOK-109", "amount_minor"),
    "amount beyond all measure": ("paid.csv", "P9,A1,2026-01-04,99999999999999999999,", "BOOK-110", "amount_minor"),
    "payment of nothing": ("paid.csv", "P9,A1,2026-01-04,0.00,", "BOOK-111", "amount_minor"),
    "no date at all": ("plan.csv", "A1,3,soon,100.00", "BOOK-112", "due_date"),
    "30 February": ("plan.csv", "A1,3,2026-02-30,100.00", "BOOK-113", "due_date"),
    "year 0202": ("plan.csv", "A1,3,0202-01-01,100.00", "BOOK-114", "due_date"),
    "year 2999": ("paid.csv", "P9,A1,2999-01-01,1.00,", "BOOK-114", "value_date"),
    "instalment one and a half": ("plan.csv", "A1,1.5,2026-03-05,100.00", "BOOK-115", "seq"),
    "negative instalment number": ("plan.csv", "A1,-1,2026-03-05,100.00", "BOOK-116", "seq"),
    "term of a thousand years": ("loans.csv", "A3,K1,1.00,99999999", "BOOK-116", "term"),
    "unknown kind of charge": ("fees.csv", "F9,A1,bribe,2026-01-09,1.00", "BOOK-117", "kind"),
    "unknown relation": ("contacts.csv", "K1,13900000009,nemesis", "BOOK-117", "relation"),
    "contract number as long as a novel": ("loans.csv", "A" * 500 + ",K1,1.00,12", "BOOK-119", "loan_id"),
    "pause that ends before it starts": ("pauses.csv", "A1,2026-05-01,2026-04-01", "BOOK-123", "ends_on"),
    "payment repeated": ("paid.csv", "P1,A1,2026-01-04,100.00,", "BOOK-124", "payment_id"),
    "payment number used again": ("paid.csv", "P1,A2,2026-01-04,7.00,", "BOOK-125", "payment_id"),
    "loan repeated": ("loans.csv", "A1,K1,1200.00,12", "BOOK-124", "loan_id"),
    "loan told twice differently": ("loans.csv", "A1,K2,999.00,12", "BOOK-125", "loan_id"),
    "instalment told twice differently": ("plan.csv", "A1,1,2026-01-05,101.00", "BOOK-125", "due_date"),
    "payment on no loan": ("paid.csv", "P9,A9,2026-01-04,1.00,", "BOOK-126", "loan_id"),
    "instalment of no loan": ("plan.csv", "A9,1,2026-03-05,100.00", "BOOK-126", "loan_id"),
    "phone of nobody": ("contacts.csv", "K9,13900000009,self", "BOOK-128", "customer_id"),
    "reversal of nothing": ("paid.csv", "P9,A1,2026-01-12,1.00,P77", "BOOK-129", "reversal_of"),
    "reversal on another loan": ("paid.csv", "P9,A1,2026-01-12,1.00,P2", "BOOK-129", "reversal_of"),
    "reversal of a reversal": ("paid.csv", "P9,A2,2026-01-12,1.00,P3", "BOOK-130", "reversal_of"),
    "more taken back than was paid": ("paid.csv", "P9,A2,2026-01-12,150.01,P2", "BOOK-131", "reversal_of"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_bad_row_goes_to_quarantine_with_its_code_and_the_rest_goes_on(kind, lender, quarantined):
    file, line, code, field = ROWS[kind]
    clean = {name: t.accepted for name, t in lender.imported().totals.items()}
    place = (lender.folder / file).read_bytes().count(b"\n") + 1
    lender.add(file, line)
    outcome = lender.imported()
    assert outcome.exit_code == 3
    assert {name: t.accepted for name, t in outcome.totals.items()} == clean
    assert outcome.codes == {code: 1}
    [row] = quarantined(outcome)
    assert (row["file"], row["line"], row["code"], row["field"]) == (file, str(place), code, field)
    assert row["reason_zh"] and row["reason_en"]
    if isinstance(line, str):
        assert line.replace("\0", "\\x00") == row["raw"]
    else:
        assert row["raw"] == line.decode("utf-8", "backslashreplace")


def test_children_of_a_loan_in_quarantine_say_so(lender, quarantined):
    lender.add("loans.csv", "A3,K1,-1.00,12")
    lender.add("plan.csv", "A3,1,2026-01-05,100.00")
    codes = {row["code"]: row for row in quarantined(lender.imported())}
    assert codes.keys() == {"BOOK-109", "BOOK-127"}
    assert codes["BOOK-127"]["value"] == "A3"


def test_bad_row_tells_its_first_fault_and_names_the_others(lender, quarantined):
    lender.add("paid.csv", "P9,,2026-02-30,x,")
    [row] = quarantined(lender.imported())
    assert row["code"] == "BOOK-105"
    assert row["also"] == "value_date BOOK-113; amount_minor BOOK-106"


def test_amount_that_is_not_the_sum_of_its_parts(lender, quarantined):
    lender.write(
        "plan.csv", "contract,no,due,total,p,i\nA1,1,2026-01-05,100.00,90.00,10.00\nA1,2,2026-02-05,100.00,90.00,9.99\n"
    )
    columns = lender.profile["tables"]["instalments"]["columns"]
    columns |= {"principal_minor": "p", "interest_minor": "i"}
    outcome = lender.imported()
    assert outcome.totals["instalments"].accepted == 1
    assert [row["code"] for row in quarantined(outcome)] == ["BOOK-122"]


def test_unknown_currency_and_one_with_other_decimals(lender, quarantined):
    lender.write(
        "loans.csv", "contract,cust,sum,periods,ccy\nA1,K1,1.00,12,CNY\nA2,K2,1.00,12,XYZ\nA3,K1,1.00,12,JPY\n"
    )
    lender.profile["tables"]["loans"]["columns"]["currency"] = "ccy"
    codes = [row["code"] for row in quarantined(lender.imported()) if row["file"] == "loans.csv"]
    assert codes == ["BOOK-120", "BOOK-121"]


def test_thousands_mark_in_the_wrong_place_is_not_guessed_at(lender, quarantined):
    lender.profile["tables"]["payments"]["thousands"] = ","
    lender.add("paid.csv", 'P9,A1,2026-01-04,"1,23",', 'P8,A1,2026-01-04,"1,234.50",')
    outcome = lender.imported()
    assert [row["code"] for row in quarantined(outcome)] == ["BOOK-107"]
    assert outcome.totals["payments"].accepted_money == 10000 + 20000 + 5000 + 123450


def test_lines_are_counted_as_an_editor_counts_them(lender, quarantined):
    lender.write(
        "paid.csv", 'id,contract,day,sum,undoes\r\nP1,"A1",2026-01-04,1.00,"\r\n"\r\n\r\nP2,A1,2026-01-04,x,\r\n'
    )
    [row] = quarantined(lender.imported())
    assert (row["line"], row["raw"]) == ("5", "P2,A1,2026-01-04,x,")


def test_unclosed_quote_costs_its_own_line_only(lender, quarantined):
    lender.add("paid.csv", 'P7,A1,2026-01-04,1.00,"', *(f"Q{n},A1,2026-01-04,1.00," for n in range(50)))
    outcome = lender.imported()
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("5", "BOOK-103")]
    assert outcome.totals["payments"].accepted == 53


def test_row_that_looks_like_a_formula_is_made_harmless_and_can_be_had_back(lender, quarantined):
    lender.add("paid.csv", "=cmd|' /C calc'!A0,A1,2026-01-04,x,")
    [row] = quarantined(lender.imported())
    assert row["raw"] == "'=cmd|' /C calc'!A0,A1,2026-01-04,x,"


def test_quarantine_file_is_for_its_owner_only(lender):
    lender.add("paid.csv", "P9,A9,2026-01-04,1.00,")
    outcome = lender.imported()
    assert outcome.quarantine is not None
    assert outcome.quarantine.stat().st_mode & 0o777 == 0o600
    assert lender.book.stat().st_mode & 0o777 == 0o700
