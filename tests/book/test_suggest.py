from __future__ import annotations

import tomllib

import openpyxl
import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.importing import import_folder
from shouyue.book.profile import parse
from shouyue.book.sniffing import date_formats, delimiter_of, encoding_of, separators
from shouyue.book.suggesting import suggest
from tests.book.conftest import content

CHINESE = {
    "借据_20261124.csv": "合同编号,客户号,放款日期,放款金额(元),期数,门店,币种\n"
    'HT001,K1,20260105,"12,000.00",12,杭州店,人民币\nHT002,K2,20260106,"1,000,000.00",12,杭州店,人民币\n',
    "还款计划_20261124.csv": "合同编号,期次,应还日期,应还本金(分),应还利息(分),应还金额(分)\n"
    "HT001,1,20260205,100000,1000,101000\nHT002,1,20260206,100000,1000,101000\n",
    "还款流水_20261124.csv": "流水号,合同编号,入账日期,还款金额(元),还款渠道\n"
    'L1,HT001,2026/02/04,"1,010.00",银行代扣\n',
    "客户资料_20261124.csv": "客户号,姓名,性别,出生日期\nK1,张三,男,1990/1/2\nK2,李四,女,NULL\n",
    "联系人_20261124.csv": "客户号,联系人姓名,与借款人关系,手机号码\n"
    "K1,张三,本人,13900000001\nK1,王五,配偶,13900000002\n",
}


def adopt(folder, book):
    suggestion = suggest(folder)
    return suggestion, import_folder(folder, parse(tomllib.loads(suggestion.toml)), book)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_chinese_export_is_understood_as_it_comes(encoding, tmp_path):
    (tmp_path / "in").mkdir()
    for name, text in CHINESE.items():
        (tmp_path / "in" / name).write_bytes(text.encode(encoding))
    suggestion, outcome = adopt(tmp_path / "in", tmp_path / "book")
    assert suggestion.missing == [] and outcome.exit_code == 0
    held = content(outcome.version)
    assert [(x["loan_id"], x["principal_minor"], x["currency"]) for x in held["loans"]] == [
        ("HT001", 1_200_000, "CNY"),
        ("HT002", 100_000_000, "CNY"),
    ]
    assert [x["amount_minor"] for x in held["instalments"]] == [101000, 101000]
    assert held["payments"][0]["channel"] == "银行代扣"
    assert [(x["name"], x["sex"], x["born_on"] is None) for x in held["customers"]] == [
        ("张三", "M", False),
        ("李四", "F", True),
    ]
    assert [x["relation"] for x in held["contacts"]] == ["self", "spouse"]


def test_english_export_with_semicolons_and_decimal_commas(tmp_path):
    (tmp_path / "Contracts.csv").write_text(
        "Contract No;Customer No;Loan amount;Start date\nA;1;1.200,50;31.12.2025\nB;2;300,00;1.2.2026\n"
    )
    (tmp_path / "Schedule.csv").write_text(
        "Contract No;Instalment No;Due date;Amount due\nA;1;31.01.2026;100,00\nB;1;13.02.2026;1.000,00\n"
    )
    (tmp_path / "Receipts.csv").write_text("Contract No;Payment date;Paid amount\nA;30.01.2026;100,00\n")
    suggestion, outcome = adopt(tmp_path, tmp_path / "book")
    assert suggestion.missing == [] and outcome.exit_code == 0
    held = content(outcome.version)
    assert [x["principal_minor"] for x in held["loans"]] == [120050, 30000]
    assert 'derive = "content"' in suggestion.toml


def test_workbook_with_a_sheet_per_table(tmp_path):
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "合同"
    for row in (["某公司合同表"], ["合同号", "客户号", "本金"], ["A", "K", 1200.5]):
        first.append(row)
    plan = book.create_sheet("还款计划")
    for row in (["合同号", "期次", "应还日", "应还金额"], ["A", 1, "2026-01-05", 100.25]):
        plan.append(row)
    paid = book.create_sheet("流水")
    for row in (["流水号", "合同号", "入账日", "金额"], ["1", "A", "2026-01-05", 100.25]):
        paid.append(row)
    (tmp_path / "in").mkdir()
    book.save(tmp_path / "in" / "全部.xlsx")
    suggestion, outcome = adopt(tmp_path / "in", tmp_path / "book")
    assert suggestion.missing == [] and outcome.exit_code == 0
    assert content(outcome.version)["loans"][0]["principal_minor"] == 120050


def test_what_is_missing_is_said(tmp_path):
    (tmp_path / "loans.csv").write_text("loan_id,customer_id\nA,K\n")
    suggestion = suggest(tmp_path)
    assert suggestion.missing == ["instalments", "payments"]
    assert "instalments, payments" in suggestion.toml


def test_no_value_of_a_person_gets_into_the_proposal(tmp_path):
    for name, text in CHINESE.items():
        (tmp_path / name).write_text(text)
    toml = suggest(tmp_path).toml
    assert "张三" not in toml and "13900000001" not in toml and "HT001" not in toml


def test_folder_without_any_table(tmp_path):
    (tmp_path / "readme.txt").write_text("hello\n")
    with pytest.raises(ShouyueError, match="BOOK-203"):
        suggest(tmp_path)


def test_days_are_told_apart_by_what_they_can_be():
    assert date_formats(["2026-11-24", "2026-01-02"]) == ["%Y-%m-%d"]
    assert date_formats(["20261124"]) == ["%Y%m%d"]
    assert date_formats(["01/02/2026", "24/11/2026"])[0] == "%d/%m/%Y"
    assert date_formats(["01/02/2026", "11/24/2026"])[0] == "%m/%d/%Y"
    assert date_formats(["46350", "46351"]) == ["excel"]
    assert date_formats(["hello", "world"]) == []


def test_separators_encodings_and_delimiters():
    assert separators(["1,234.50", "12.00"]) == (".", ",")
    assert separators(["1.234,50", "12,00"]) == (",", ".")
    assert separators(["12,50"]) == (",", "")
    assert separators(["12.50", "3"]) == (".", "")
    assert encoding_of("合同编号,客户号,门店\nA,B,杭州店\n".encode("gb18030")) == "gb18030"
    assert encoding_of("Müller, Größe, Straße; Käufer".encode("cp1252")) != "gb18030"
    assert delimiter_of(["a|@|b|@|c", "1|@|2|@|3"]) == "|@|"
    assert delimiter_of(['a;"b,c";d', "1;2,5;3"]) == ";"
