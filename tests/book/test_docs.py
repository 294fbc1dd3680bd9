"""docs/import.md says what the program does."""

from __future__ import annotations

import gzip
import re
import tomllib
from pathlib import Path

from shouyue.base.errors import Code
from shouyue.book import faults, profile, profile_news
from shouyue.book.importing import import_folder
from shouyue.book.schema import TABLES
from tests.book.conftest import content

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text("utf-8")


def test_every_code_is_on_the_page_in_its_words():
    codes = [*faults.ROW, *(v for v in vars(faults).values() if isinstance(v, Code))]
    assert len(codes) > 45
    for code in codes:
        assert f"| {code.id} | {code.zh} | {code.en} |" in PAGE


def test_every_key_column_and_unit_is_on_the_page():
    for key in {
        *profile.TABLE,
        *profile.COLUMN,
        *profile.TOP,
        *profile.DATABASE,
        *profile_news.DELTA,
        *(choice for choices in profile_news.CHOICES.values() for choice in choices),
        "extends",
        *profile.SERIALS,
        *profile.UNITS,
        *profile.MINOR,
    }:
        assert re.search(rf"\b{re.escape(key)}\b", PAGE), key
    for table in TABLES.values():
        line = next(x for x in PAGE.splitlines() if x.startswith(f"| `{table.name}` |"))
        for f in table.fields:
            mark = {"key": f"*{f.name}*", "must": f"**{f.name}**", "may": f.name}[f.need]
            assert mark in line, f.name


def test_the_example_imports(tmp_path):
    example, of_queries, of_news = [x for x in re.findall(r"```toml\n(.*?)```", PAGE, re.S) if "[tables." in x]
    assert profile.parse(tomllib.loads(of_queries)).database == "LENDER_DATABASE"
    contacts = f"{of_news}columns = {{ customer_id = 'c', phone = 'p' }}"
    assert profile.parse(tomllib.loads(contacts)).delta.gap_days == 1
    files = tmp_path / "in"
    (files / "流水").mkdir(parents=True)
    (files / "借据_1.csv").write_bytes(
        "合同编号,机构,客户号,放款金额(万元),放款日,网点\n0012,A,7,1.25,20260105,001\n0013,A,8,2,00000000,009\n".encode(
            "gb18030"
        )
    )
    (files / "还款计划_1.csv").write_bytes(
        '合同编号,期次,应还日,应还本金,应还利息\n0012,1,2026-02-05,"1,000.00",12.5\n'.encode("gb18030")
    )
    (files / "流水" / "0205.csv.gz").write_bytes(
        gzip.compress("合同编号,入账日,金额(分),渠道\n0012,20260205,101250,DK\n0012,20260206,5,??\n".encode("gb18030"))
    )
    outcome = import_folder(files, profile.parse(tomllib.loads(example)), tmp_path / "book")
    assert outcome.exit_code == 0
    held = content(outcome.version)
    first, second = held["loans"]
    assert (first["loan_id"], first["customer_id"], first["principal_minor"]) == ("0012", "A-7", 1_250_000)
    assert (first["store"], second["store"], second["opened_on"]) == ("总行营业部", "009", None)
    assert [row["amount_minor"] for row in held["instalments"]] == [101250]
    assert {(row["amount_minor"], row["channel"]) for row in held["payments"]} == {(101250, "代扣"), (5, "其他")}
