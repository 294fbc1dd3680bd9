"""The same small book out of every format a lender may send."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest

from tests.book.conftest import Lender, content


@pytest.fixture
def expected(tmp_path_factory):
    return content(Lender(tmp_path_factory.mktemp("plain")).imported().version)


def rows_of(lender: Lender, name: str) -> list[list[str]]:
    return [line.split(",") for line in (lender.folder / name).read_text().splitlines()]


def test_tab_separated(lender, expected):
    for path in list(lender.folder.iterdir()):
        path.with_suffix(".tsv").write_text(path.read_text().replace(",", "\t"))
        path.unlink()
    for table in lender.profile["tables"].values():
        table["files"] = [f.replace(".csv", ".tsv") for f in table["files"]]
    assert content(lender.imported().version) == expected


def test_delimiter_of_several_characters_and_windows_line_ends(lender, expected):
    for path in lender.folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b",", b"|@|").replace(b"\n", b"\r\n"))
    lender.profile["defaults"] = {"delimiter": "|@|", "quote": ""}
    assert content(lender.imported().version) == expected


def test_every_field_quoted_with_byte_order_mark(lender, expected):
    for path in lender.folder.iterdir():
        lines = path.read_text().splitlines()
        quoted = "".join(",".join(f'"{f}"' for f in line.split(",")) + "\n" for line in lines)
        path.write_bytes(b"\xef\xbb\xbf" + quoted.encode())
    assert content(lender.imported().version) == expected


def test_chinese_headers_in_gb18030(lender, expected):
    lender.write("loans.csv", "合同号,客户号,本金,期数\nA1,K1,1200.00,12\nA2,K2,2400.00,12\n".encode("gb18030"))
    lender.profile["tables"]["loans"] |= {
        "encoding": "gb18030",
        "columns": {"loan_id": "合同号", "customer_id": "客户号", "principal_minor": "本金", "term": "期数"},
    }
    lender.write(
        "customers.csv", "cust,who,sex,born\nK1,张三,男,1990年1月2日\nK2,李四,女,1985年12月30日\n".encode("gb18030")
    )
    lender.profile["tables"]["customers"]["encoding"] = "gb18030"
    lender.profile["tables"]["customers"]["columns"] |= {
        "sex": {"from": "sex", "values": {"男": "M", "女": "F"}},
        "born_on": {"from": "born", "dates": ["%Y年%m月%d日"]},
    }
    held = content(lender.imported().version)
    assert [row.pop("name") for row in held["customers"]] == ["张三", "李四"]
    for row in expected["customers"]:
        row.pop("name")
    assert held == expected


def test_utf_16(lender, expected):
    for path in lender.folder.iterdir():
        path.write_bytes(path.read_text().encode("utf-16"))
    lender.profile["defaults"] = {"encoding": "utf-16"}
    assert content(lender.imported().version) == expected


@pytest.mark.parametrize("pack", ["gz", "zip"])
def test_packed(pack, lender, expected):
    for path in list(lender.folder.iterdir()):
        data = path.read_bytes()
        if pack == "zip":
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr(path.name, data)
            data = out.getvalue()
        else:
            data = gzip.compress(data)
        path.with_suffix(f".csv.{pack}").write_bytes(data)
        path.unlink()
    for table in lender.profile["tables"].values():
        table["files"] = [f"{f}.{pack}" for f in table["files"]]
    assert content(lender.imported().version) == expected


def test_decimal_comma_point_thousands_and_german_days(lender, expected):
    lender.write(
        "paid.csv",
        "id;contract;day;sum;undoes\nP1;A1;04.01.2026;100,00;\nP2;A2;10.1.2026;200;\nP3;A2;11.01.2026;50,0;P2\n",
    )
    lender.write("loans.csv", "contract;cust;sum;periods\nA1;K1;1.200,00;12\nA2;K2;2.400;12\n")
    for table in ("payments", "loans"):
        lender.profile["tables"][table] |= {"delimiter": ";", "decimal": ",", "thousands": ".", "dates": ["%d.%m.%Y"]}
    assert content(lender.imported().version) == expected


@pytest.mark.parametrize(
    ("unit", "texts"), [("分", ("120000", "240000")), ("万元", ("0.12", "0.240000")), ("major", ("￥1200", "2400.000"))]
)
def test_units(unit, texts, lender, expected):
    lender.write("loans.csv", f"contract,cust,sum,periods\nA1,K1,{texts[0]},12\nA2,K2,{texts[1]},12\n")
    lender.profile["tables"]["loans"]["unit"] = unit
    assert content(lender.imported().version) == expected


def test_half_cents_rounded_to_even_where_the_profile_says_so(lender):
    lender.write("loans.csv", "contract,cust,sum,periods\nA1,K1,0.125,12\nA2,K2,0.135,12\nA3,K2,0.1350001,12\n")
    lender.profile["tables"]["loans"]["rounding"] = "half_even"
    held = content(lender.imported().version)["loans"]
    assert [row["principal_minor"] for row in held] == [12, 14, 14]


def test_workbook_with_a_title_above_and_real_dates(lender, expected, quarantined):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([])
    sheet.append(["还款明细"])
    for row in rows_of(lender, "paid.csv"):
        day = datetime.strptime(row[2], "%Y-%m-%d") if row[0] != "id" else row[2]
        sheet.append([row[0], row[1], day, float(row[3]) if row[0] != "id" else row[3], row[4] or None])
    sheet.append([])
    sheet.append(["P9", "A1", datetime(2026, 1, 4), "x", None])
    book.save(lender.folder / "paid.xlsx")
    lender.profile["tables"]["payments"] |= {"files": ["paid.xlsx"], "skip_lines": 2}
    outcome = lender.imported()
    assert content(outcome.version) == expected
    assert [(r["line"], r["code"]) for r in quarantined(outcome)] == [("8", "BOOK-106")]


def test_sheets_of_one_workbook_are_tables(lender, expected):
    book = openpyxl.Workbook()
    for name in ("loans", "plan"):
        sheet = book.create_sheet(name)
        for row in rows_of(lender, f"{name}.csv"):
            sheet.append(row)
    book.save(lender.folder / "all.xlsx")
    lender.profile["tables"]["loans"] |= {"files": ["all.xlsx"], "sheet": "loans"}
    lender.profile["tables"]["instalments"] |= {"files": ["all.xlsx"], "sheet": "plan"}
    assert content(lender.imported().version) == expected


def test_parquet_with_types_of_its_own(lender, expected):
    from decimal import Decimal

    pl.DataFrame(
        {"contract": ["A1", "A1", "A2"], "no": [1, 2, 1], "due": [date(2026, 1, 5), date(2026, 2, 5), date(2026, 1, 9)],
         "total": [Decimal("100.00"), Decimal("100.00"), Decimal("200.00")]}
    ).write_parquet(lender.folder / "plan.parquet")  # fmt: skip
    lender.profile["tables"]["instalments"]["files"] = ["plan.parquet"]
    pl.DataFrame(
        {"contract": ["A1", "A2"], "cust": ["K1", "K2"], "sum": [1200.0, 2400.0], "periods": [12.0, 12.0]}
    ).write_parquet(lender.folder / "loans.parquet")
    lender.profile["tables"]["loans"]["files"] = ["loans.parquet"]
    assert content(lender.imported().version) == expected


def test_typed_values_are_weighed_like_texts(lender, quarantined):
    pl.DataFrame(
        {"contract": ["A1"] * 4, "no": [1, -2, 3, 4],
         "due": [date(2026, 1, 5), date(2026, 2, 5), date(1066, 1, 9), None], "total": [100, 100, 100, -5]}
    ).write_parquet(lender.folder / "plan.parquet")  # fmt: skip
    lender.profile["tables"]["instalments"] |= {"files": ["plan.parquet"], "unit": "minor"}
    rows = quarantined(lender.imported())
    assert [(r["line"], r["code"], r["also"]) for r in rows] == [
        ("2", "BOOK-116", ""),
        ("3", "BOOK-114", ""),
        ("4", "BOOK-105", "amount_minor BOOK-109"),
    ]


def test_several_files_of_a_table(lender, expected):
    lines = (lender.folder / "paid.csv").read_text().splitlines(keepends=True)
    lender.write("paid-01.csv", lines[0] + lines[1])
    lender.write("paid-02.csv", lines[0] + "".join(lines[2:]))
    (lender.folder / "paid.csv").unlink()
    lender.profile["tables"]["payments"]["files"] = ["paid-*.csv"]
    assert content(lender.imported().version) == expected


def test_file_without_headers_and_with_a_sum_below(lender, expected):
    text = (lender.folder / "paid.csv").read_text().split("\n", 1)[1]
    lender.write("paid.csv", text + "合计,,,350.00,\n合计3笔\n")
    lender.profile["tables"]["payments"] |= {
        "header": False,
        "ignore_lines": "^合计",
        "columns": {"payment_id": "1", "loan_id": "2", "value_date": "3", "amount_minor": "4", "reversal_of": "5"},
    }
    outcome = lender.imported()
    assert content(outcome.version) == expected
    assert outcome.totals["payments"].ignored == 2


def test_flat_file_holds_loans_and_customers(lender):
    lender.write(
        "loans.csv", "contract,cust,sum,periods,who\nA1,K1,1200.00,12,Zhang\nA2,K2,2400.00,12,Li\nA3,K1,1.00,12,Zhang\n"
    )
    lender.profile["tables"]["customers"] = {
        "files": ["loans.csv"],
        "repeats": "ignore",
        "columns": {"customer_id": "cust", "name": "who"},
    }
    outcome = lender.imported()
    assert outcome.exit_code == 0
    assert outcome.totals["customers"].accepted == 2 and outcome.totals["customers"].ignored == 1


def test_joined_headers_constants_and_value_maps(lender):
    lender.write(
        "fees.csv", "branch,no,contract,kind,day,sum\n07,1,A1,罚息,2026-01-09,1.50\n07,2,A1,别的,2026-01-09,2.50\n"
    )
    lender.profile["tables"]["charges"]["columns"] |= {
        "charge_id": {"join": ["branch", "no"], "separator": "-"},
        "kind": {"from": "kind", "values": {"罚息": "penalty"}, "default": "late_fee"},
    }
    lender.profile["tables"]["payments"]["columns"]["channel"] = {"constant": "transfer"}
    held = content(lender.imported().version)
    assert [(c["charge_id"], c["kind"]) for c in held["charges"]] == [("07-1", "penalty"), ("07-2", "late_fee")]
    assert {p["channel"] for p in held["payments"]} == {"transfer"}


def test_amount_from_its_parts_alone(lender):
    lender.write("plan.csv", "contract,no,due,p,i\nA1,1,2026-01-05,90.00,10.00\nA2,1,2026-01-09,200.00,\n")
    lender.profile["tables"]["instalments"]["columns"] = {
        "loan_id": "contract", "seq": "no", "due_date": "due", "principal_minor": "p", "interest_minor": "i",
    }  # fmt: skip
    assert [row["amount_minor"] for row in content(lender.imported().version)["instalments"]] == [10000, 20000]


@pytest.mark.parametrize("way", ["content", "position"])
def test_payments_without_numbers(way, lender, quarantined):
    lender.write("paid.csv", "contract,day,sum\nA1,2026-01-04,1.00\nA1,2026-01-04,1.00\nA2,2026-01-04,1.00\n")
    lender.profile["tables"]["payments"]["columns"] = {
        "payment_id": {"derive": way}, "loan_id": "contract", "value_date": "day", "amount_minor": "sum",
    }  # fmt: skip
    outcome = lender.imported()
    assert outcome.totals["payments"].accepted == (2 if way == "content" else 3)
    assert [r["code"] for r in quarantined(outcome)] == (["BOOK-124"] if way == "content" else [])


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (["%Y%m%d"], "20260104"),
        (["%d/%m/%Y", "%Y-%m-%d"], "4/1/2026"),
        (["%Y-%m-%d"], "2026-01-04 00:00:00"),
        (["%Y-%m-%dT%H:%M:%S"], "2026-01-04T13:14:15"),
        (["excel"], "46026"),
        (["unix"], "1767488400"),
    ],
)
def test_days_as_the_profile_says_they_are_written(dates, said, lender):
    lender.write("paid.csv", f"id,contract,day,sum,undoes\nP1,A1,{said},1.00,\n")
    lender.profile["tables"]["payments"]["dates"] = dates
    assert content(lender.imported().version)["payments"][0]["value_date"] == date(2026, 1, 4)


def test_table_of_the_profile_without_a_file_is_told(lender):
    (lender.folder / "customers.csv").unlink()
    outcome = lender.imported()
    assert outcome.absent == ["customers"] and outcome.exit_code == 0
