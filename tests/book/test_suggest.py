"""``shouyue profile suggest``: what it proposes must import as it is, and say what it could not decide."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from shouyue.base.errors import ShouyueError
from shouyue.book.importing import import_folder
from shouyue.book.profile import Profile, load
from shouyue.book.profile_text import toml
from shouyue.book.suggest import Suggestion, suggest
from shouyue.cli.profile import profile as command

Rows = Sequence[Sequence[object]]

CUSTOMERS = [
    ["客户编号", "客户姓名", "性别", "身份证号", "出生日期", "手机号"],
    ["K01", "测试甲", "男", "990000200001010018", "20000101", "19900000001"],
    ["K02", "测试乙", "女", "990000199902020027", "19990202", "19900000002"],
]
CONTACTS = [
    ["客户编号", "联系电话", "与借款人关系", "联系人姓名", "是否知晓"],
    ["K01", "19900000001", "本人", "测试甲", "是"],
    ["K01", "19900000011", "父母", "测试丙", "否"],
    ["K02", "19900000002", "本人", "测试乙", "是"],
    ["K02", "19900000022", "配偶", "测试丁", "N"],
]
LOANS = [
    ["借据编号", "合同编号", "客户编号", "产品名称", "门店", "放款金额(元)", "放款日期", "期数", "还款银行"],
    ["J001", "H1", "K01", "手机分期", "上海一店", "3,000.00", "2026/01/15", "3期", "某银行"],
    ["J002", "H1", "K01", "现金分期", "上海一店", "12,000.50", "2026/02/15", "6期", "某银行"],
    ["J003", "H2", "K02", "现金分期", "北京二店", "6,000.00", "2026/03/15", "3期", "某银行"],
]
PLAN = [
    ["借据编号", "期次", "应还日期", "应还本金", "应还利息", "应还总额", "实还金额", "状态"],
    *[
        [loan, f"第{n}期", f"2026/{n + 2}/15", "1,000.00", "25.50", "1,025.50", "0.00", "未还"]
        for loan in ("J001", "J002", "J003")
        for n in (1, 2, 3)
    ],
]
PAID = [
    ["还款流水号", "借据编号", "入账日期", "记账日期", "还款金额", "还款渠道"],
    ["L1", "J001", "20260314", "20260315", "1025.50", "代扣"],
    ["L2", "J001", "20260415", "20260415", "1,025.50", "对公"],
    ["L3", "J003", "20260315", "20260316", "500.00", "代扣"],
]
PAUSES = [["借据编号", "开始日期", "结束日期", "原因"], ["J003", "2026-04-01", "2026-04-30", "住院"]]
PENALTIES = [
    ["编号", "借据编号", "费用类型", "产生日期", "金额"],
    ["F1", "J003", "罚息", "2026-04-16", "3.20"],
    ["F2", "J003", "滞纳金", "2026-04-16", "10.00"],
]
CHINESE: dict[str, Rows] = {
    "客户信息表.csv": CUSTOMERS,
    "联系人.csv": CONTACTS,
    "借据信息_20261124.csv": LOANS,
    "还款计划.csv": PLAN,
    "还款流水.csv": PAID,
    "延期.csv": PAUSES,
    "罚息与费用.csv": PENALTIES,
}

ENGLISH: dict[str, Rows] = {
    "loans.csv": [["Loan No", "Client ID", "Start Date", "Loan Amount"], ["A1", "C1", "13/01/2026", "900.00"]],
    "schedule.csv": [["Loan No", "Instalment No", "Due Date", "Amount"], ["A1", "1", "01/02/2026", "300.00"]],
    "payments.csv": [["Receipt No", "Loan No", "Payment Date", "Amount"], ["R1", "A1", "02/02/2026", "300.00"]],
}


def write(folder: Path, files: Mapping[str, Rows], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    for name, rows in files.items():
        text = "".join(delimiter.join(_quoted(str(v), delimiter) for v in row) + "\n" for row in rows)
        (folder / name).write_bytes(text.encode(encoding))
    return folder


def _quoted(value: str, delimiter: str) -> str:
    return f'"{value}"' if delimiter in value else value


def proposed(folder: Path) -> tuple[Suggestion, Profile]:
    """The suggestion, and the profile that its text is."""
    suggestion = suggest(folder)
    file = folder.parent / "proposed.toml"
    file.write_text(toml(suggestion), "utf-8")
    return suggestion, load(file)


def accepted(folder: Path, profile: Profile, book: Path) -> dict[str, int]:
    """Rows of each table after importing with the profile as it is; nothing may be quarantined."""
    outcome = import_folder(folder, profile, book)
    assert outcome.codes == {}
    assert outcome.exit_code == 0
    return {name: total.accepted for name, total in outcome.totals.items()}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export").mkdir()
    return tmp_path / "export"


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> tuple[Suggestion, Profile]:
    """What is proposed for the Chinese export in GB 18030."""
    (folder := tmp_path_factory.mktemp("chinese") / "export").mkdir()
    return proposed(write(folder, CHINESE, "gb18030"))


def said(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments])


# --- importable as it is


@pytest.mark.shared
def test_proposal_for_real_records_imports_every_row(shared_data: Path, tmp_path: Path):
    suggestion = suggest(shared_data / "homecredit")
    file = tmp_path / "real.toml"
    file.write_text(toml(suggestion), "utf-8")

    rows = accepted(shared_data / "homecredit", load(file), tmp_path / "book")

    assert rows == {"loans": 1772, "customers": 771, "instalments": 7244, "payments": 7346}


@pytest.mark.shared
def test_expected_ages_are_left_out_with_a_reason(shared_data: Path):
    (left,) = suggest(shared_data / "homecredit").left_out
    assert left.name == "expected_2023-06-30.csv"
    assert "balances" in left.zh and "stated_on" in left.en


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_chinese_export_imports_as_proposed(export: Path, tmp_path: Path, encoding: str):
    write(export, CHINESE, encoding)

    suggestion, profile = proposed(export)

    assert suggestion.exit_code == 0
    assert accepted(export, profile, tmp_path / "book") == {
        "customers": 2,
        "contacts": 4,
        "loans": 3,
        "instalments": 9,
        "charges": 2,
        "payments": 3,
        "pauses": 1,
    }


def test_workbook_of_several_sheets_imports_as_proposed(export: Path, tmp_path: Path):
    import xlsxwriter

    with xlsxwriter.Workbook(export / "贷后数据.xlsx") as book:
        for name, rows, title in (("借据", LOANS, "借据一览表"), ("还款计划", PLAN, ""), ("还款流水", PAID, "")):
            sheet = book.add_worksheet(name)
            for at, row in enumerate([[title], *rows] if title else rows):
                sheet.write_row(at, 0, row)
        book.add_worksheet("说明").write(0, 0, "本表仅供参考")

    suggestion, profile = proposed(export)

    assert profile.tables["loans"].skip_lines == 1
    assert [t.sheet for t in profile.tables.values()] == ["借据", "还款计划", "还款流水"]
    assert [one.name for one in suggestion.left_out] == ["贷后数据.xlsx [说明]"]
    assert accepted(export, profile, tmp_path / "book") == {"loans": 3, "instalments": 9, "payments": 3}


def test_workbook_with_true_dates_and_numbers_imports_as_proposed(export: Path, tmp_path: Path):
    from datetime import date

    import xlsxwriter

    tables = {
        "loans": [["contract_no", "customer_no", "opened_on", "principal"], ["A1", "C1", date(2026, 1, 15), 900.5]],
        "schedule": [["contract_no", "seq", "due_date", "amount"], ["A1", 1, date(2026, 2, 15), 300.5]],
        "payments": [["payment_no", "contract_no", "paid_on", "amount"], ["P1", "A1", date(2026, 2, 16), 300.5]],
    }
    for name, rows in tables.items():
        with xlsxwriter.Workbook(export / f"{name}.xlsx", {"default_date_format": "yyyy-mm-dd"}) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)

    _, profile = proposed(export)

    assert accepted(export, profile, tmp_path / "book") == {"loans": 1, "instalments": 1, "payments": 1}


def test_parquet_of_minor_units_imports_as_proposed(export: Path, tmp_path: Path):
    from datetime import date

    day = date(2026, 2, 15)
    pl.DataFrame({"loanId": ["A1"], "customerId": ["C1"], "principal_minor": [90000]}).write_parquet(
        export / "loans.parquet"
    )
    pl.DataFrame({"loanId": ["A1"], "seq": [1], "dueDate": [day], "amount_cents": [30000]}).write_parquet(
        export / "instalments.parquet"
    )
    pl.DataFrame({"paymentId": ["P1"], "loanId": ["A1"], "valueDate": [day], "amount_cents": [30000]}).write_parquet(
        export / "payments.parquet"
    )

    suggestion, profile = proposed(export)

    assert {c.scale for t in profile.tables.values() for c in t.columns if c.target.endswith("_minor")} == {0}
    assert suggestion.questions == []
    assert accepted(export, profile, tmp_path / "book") == {"loans": 1, "instalments": 1, "payments": 1}


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "|@|"])
def test_delimiter_is_told_by_the_rows(export: Path, tmp_path: Path, delimiter: str):
    write(export, ENGLISH, delimiter=delimiter)
    _, profile = proposed(export)
    assert profile.tables["loans"].delimiter == delimiter
    assert accepted(export, profile, tmp_path / "book") == {"loans": 1, "instalments": 1, "payments": 1}


def test_titles_above_and_totals_below_a_table_are_no_rows(export: Path, tmp_path: Path):
    rows = {**ENGLISH, "payments.csv": [["Payments of the day"], *ENGLISH["payments.csv"], ["合计", "", "", "300.00"]]}
    write(export, rows)
    _, profile = proposed(export)
    assert profile.tables["payments"].skip_lines == 1
    assert accepted(export, profile, tmp_path / "book")["payments"] == 1


def test_german_amounts_and_days_are_read_as_written(export: Path):
    write(
        export,
        {
            "loans.csv": [
                ["Contract No", "Customer No", "Principal"],
                ["A1", "C1", "1.234,50"],
                ["A2", "C1", "900,00"],
            ],
            "schedule.csv": [["Contract No", "Seq", "Due Date", "Amount"], ["A1", "1", "24.11.2026", "1.234,50"]],
            "payments.csv": [["Payment No", "Contract No", "Paid On", "Amount"], ["1", "A1", "24.11.2026", "12,5"]],
        },
        delimiter=";",
    )
    _, profile = proposed(export)
    due, amount = (profile.tables["instalments"].column(c) for c in ("due_date", "amount_minor"))
    assert due and due.dates == ("%d.%m.%Y",)
    assert amount and (amount.decimal, amount.thousands) == (",", ".")


# --- which column, which file


def test_loan_number_is_the_one_that_joins_the_tables(chinese: tuple[Suggestion, Profile]):
    """合同号 repeats and 借据号 does not: children carry the latter."""
    _, profile = chinese
    numbers = {name: t.column("loan_id") for name, t in profile.tables.items()}
    assert {c.sources for c in numbers.values() if c} == {("借据编号",)}


def test_what_was_paid_is_not_taken_for_what_is_due(chinese: tuple[Suggestion, Profile]):
    suggestion, profile = chinese
    amount = profile.tables["instalments"].column("amount_minor")
    assert amount and amount.sources == ("应还总额",)
    (plan,) = [t for t in suggestion.tables if t.table.name == "instalments"]
    assert dict(plan.unmapped)["实还金额"] == ("像 payments.amount_minor", "like payments.amount_minor")


def test_day_in_a_file_name_is_left_open(chinese: tuple[Suggestion, Profile]):
    _, profile = chinese
    assert profile.tables["loans"].files == ("借据信息_*.csv",)


def test_files_of_one_table_go_together(export: Path, tmp_path: Path):
    head, *rows = CHINESE["还款流水.csv"]
    more = {"还款流水-1.csv": [head, rows[0]], "还款流水-2.csv": [head, *rows[1:]]}
    write(export, {k: v for k, v in CHINESE.items() if k != "还款流水.csv"} | more)
    _, profile = proposed(export)
    assert accepted(export, profile, tmp_path / "book")["payments"] == 3


def test_known_values_are_mapped_to_the_books(chinese: tuple[Suggestion, Profile]):
    _, profile = chinese
    relation = profile.tables["contacts"].column("relation")
    sex = profile.tables["customers"].column("sex")
    assert relation and dict(relation.values) == {"本人": "self", "父母": "parent", "配偶": "spouse"}
    assert sex and dict(sex.values) == {"男": "M", "女": "F"}


# --- identity


def test_identity_is_the_schema_key_where_it_tells_rows_apart(chinese: tuple[Suggestion, Profile]):
    _, profile = chinese
    assert profile.tables["instalments"].identity == ("loan_id", "seq", "due_date")
    assert profile.tables["payments"].identity == ("payment_id",)


def test_identity_grows_by_the_fewest_columns_that_tell_rows_apart(export: Path):
    """流水号 counts from one in each loan."""
    paid = [
        ["流水号", "借据编号", "入账日期", "还款金额"],
        *[["1", loan, "20260315", "9.50"] for loan in ("J001", "J002")],
    ]
    write(export, {**CHINESE, "还款流水.csv": paid})
    suggestion, profile = proposed(export)
    assert profile.tables["payments"].identity == ("payment_id", "loan_id")
    assert any(place == "payments" and "identity" in q[1] for place, q in suggestion.questions)


def test_payments_without_numbers_get_them_from_what_they_say(export: Path, tmp_path: Path):
    paid = [["借据编号", "入账日期", "还款金额"], ["J001", "20260315", "9.50"], ["J002", "20260315", "9.50"]]
    write(export, {**CHINESE, "还款流水.csv": paid})
    _, profile = proposed(export)
    number = profile.tables["payments"].column("payment_id")
    assert number and number.derive == "content"
    assert accepted(export, profile, tmp_path / "book")["payments"] == 2


# --- questions


def test_day_and_month_are_told_by_another_column(export: Path):
    """13/01/2026 in the loans settles 01/02/2026 in the plan."""
    write(export, ENGLISH)
    suggestion, profile = proposed(export)
    due = profile.tables["instalments"].column("due_date")
    assert due and due.dates == ("%d/%m/%Y",)
    assert suggestion.questions == []


def test_day_or_month_undecided_is_asked(export: Path):
    loans = [ENGLISH["loans.csv"][0], ["A1", "C1", "03/01/2026", "900.00"]]
    write(export, {**ENGLISH, "loans.csv": loans})
    suggestion, _ = proposed(export)
    asked = [place for place, q in suggestion.questions if "%d/%m/%Y" in q[1] and "%m/%d/%Y" in q[1]]
    assert asked == ["loans.opened_on", "instalments.due_date", "payments.value_date"]
    assert toml(suggestion).count("# QUESTION: the values do not tell whether") == 3


def test_whole_amounts_ask_whether_they_are_minor_units(export: Path):
    whole = {n: [[str(v).replace(".00", "") for v in row] for row in rows] for n, rows in ENGLISH.items()}
    write(export, whole)
    suggestion, _ = proposed(export)
    assert sum("minor units" in q[1] for _, q in suggestion.questions) == 3


def test_children_of_unknown_loans_are_asked_about(export: Path):
    head, *rows = ENGLISH["payments.csv"]
    write(export, {**ENGLISH, "payments.csv": [head, *([r[0], "Z9", *r[2:]] for r in rows)]})
    suggestion, _ = proposed(export)
    assert [place for place, q in suggestion.questions if "found in loans" in q[1]] == ["payments"]


# --- what is missing


def test_missing_mandatory_column_is_named_and_exits_three(export: Path):
    plan = [["Loan No", "Instalment No", "Amount"], ["A1", "1", "300.00"]]
    write(export, {**ENGLISH, "schedule.csv": plan})
    done = said("suggest", export)
    assert done.exit_code == 3
    assert '# due_date = "?"  # 缺：必填 还款日' in done.stdout
    tomllib.loads(done.stdout)


def test_missing_mandatory_table_is_named_and_exits_three(export: Path):
    write(export, {name: rows for name, rows in ENGLISH.items() if name != "payments.csv"})
    done = said("suggest", export)
    assert done.exit_code == 3
    assert "payments 还款流水" in done.stdout


def test_folder_without_a_lenders_table_is_refused(export: Path):
    write(export, {"weather.csv": [["city", "rain"], ["somewhere", "3"]]})
    with pytest.raises(ShouyueError) as refused:
        suggest(export)
    assert refused.value.code == "BOOK-311"


def test_no_folder_is_refused(tmp_path: Path):
    with pytest.raises(ShouyueError) as refused:
        suggest(tmp_path / "absent")
    assert refused.value.code == "BOOK-201"


def test_broken_file_is_left_out_and_the_rest_goes_on(export: Path):
    write(export, ENGLISH)
    (export / "contacts.xlsx").write_bytes(b"no workbook")
    (export / "pauses.csv").write_bytes(b"")
    suggestion, _ = proposed(export)
    assert {one.name for one in suggestion.left_out} == {"contacts.xlsx", "pauses.csv"}
    assert suggestion.exit_code == 0


# --- the text


def test_every_column_says_why_and_how_surely(chinese: tuple[Suggestion, Profile]):
    suggestion, _ = chinese
    text = toml(suggestion)
    assert text.count("· 把握 ") == sum(len(t.columns) for t in suggestion.tables)
    assert "# 合同号 contract number · 把握 高 high" in text
    assert '#   "还款银行"  账册中没有对应的字段 · a book has no field for it' in text
    assert "read as gb18030 it is everyday Chinese" in text


def test_no_personal_data_in_the_text(chinese: tuple[Suggestion, Profile]):
    text = toml(chinese[0])
    personal = [
        str(v) for rows in (CUSTOMERS, CONTACTS) for row in rows[1:] for v in row if "测试" in str(v) or len(str(v)) > 6
    ]
    assert len(personal) > 10
    assert [value for value in personal if value in text] == []


def test_file_without_headers_does_not_tell_its_first_row(export: Path):
    write(export, ENGLISH)
    write(export, {"contacts.csv": CONTACTS[1:]})
    text = toml(suggest(export))
    assert "contacts.csv" in text
    assert "测试甲" not in text
    assert "19900000001" not in text


def test_hostile_header_cannot_break_out_of_a_comment(export: Path):
    loans = [[*ENGLISH["loans.csv"][0], 'x\n[tables.evil]\ny = "'], [*ENGLISH["loans.csv"][1], "1"]]
    pl.DataFrame(loans[1:], schema=[str(h) for h in loans[0]], orient="row").write_parquet(export / "loans.parquet")
    write(export, {name: rows for name, rows in ENGLISH.items() if name != "loans.csv"})
    _, profile = proposed(export)
    assert set(profile.tables) == {"loans", "instalments", "payments"}


# --- the command


def test_out_is_written_and_checks(export: Path, tmp_path: Path):
    write(export, ENGLISH)
    out = tmp_path / "mine" / "profile.toml"
    assert said("suggest", export, "--out", out).exit_code == 0
    assert said("suggest", export, "--out", out).exit_code == 0  # the same again is no conflict
    checked = said("check", out)
    assert checked.exit_code == 0
    assert "instalments" in checked.stdout
    assert [p.name for p in out.parent.iterdir()] == ["profile.toml"]


def test_corrected_profile_is_not_overwritten_unasked(export: Path, tmp_path: Path):
    write(export, ENGLISH)
    out = tmp_path / "profile.toml"
    out.write_text("# corrected by hand\n", "utf-8")
    refused = said("suggest", export, "--out", out)
    assert isinstance(refused.exception, ShouyueError)
    assert refused.exception.code == "BOOK-312"
    assert out.read_text("utf-8") == "# corrected by hand\n"
    assert said("suggest", export, "--out", out, "--force").exit_code == 0
    assert load(out).tables


def test_check_tells_a_profile_that_can_only_append(tmp_path: Path):
    file = tmp_path / "daily.toml"
    file.write_text(
        '[tables.payments]\n[tables.payments.columns]\npayment_id = "n"\nloan_id = "l"\nvalue_date = "d"\n'
        'amount_minor = "a"\n',
        "utf-8",
    )
    done = said("check", file)
    assert done.exit_code == 3
    assert "loans, instalments" in done.stdout


def test_check_tells_a_fault_of_a_profile(tmp_path: Path):
    file = tmp_path / "faulty.toml"
    file.write_text('[tables.loans]\n[tables.loans.columns]\nloan_id = "n"\n', "utf-8")
    done = said("check", file)
    assert isinstance(done.exception, ShouyueError)
    assert "customer_id" in done.exception.en


def test_shipped_profiles_are_listed():
    listed = said("list").stdout
    assert "homecredit" in listed
    assert "demo" in listed
