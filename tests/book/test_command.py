from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from shouyue.cli.main import cli

PROFILE = """
name = "cli"
[tables.loans]
files = ["loans.csv"]
columns = { loan_id = "contract", customer_id = "cust", principal_minor = "sum" }
[tables.instalments]
files = ["plan.csv"]
columns = { loan_id = "contract", seq = "no", due_date = "due", amount_minor = "total" }
[tables.payments]
files = ["paid.csv"]
columns = { payment_id = "id", loan_id = "contract", value_date = "day", amount_minor = "sum", reversal_of = "undoes" }
"""


@pytest.fixture
def run(lender, tmp_path):
    (tmp_path / "p.toml").write_text(PROFILE)

    def call(*more: str):
        base = ["import", str(lender.folder), "--profile", str(tmp_path / "p.toml"), "--book", str(lender.book)]
        return CliRunner().invoke(cli, [*base, *more])

    return call


def test_exit_0_and_the_control_total(run):
    said = run()
    assert said.exit_code == 0, said.output
    assert "控制总数" in said.output and "3,600.00" in said.output


def test_exit_3_with_codes_and_the_place_of_the_quarantine(run, lender, tmp_path):
    lender.add("paid.csv", "P9,A9,2026-01-04,1.00,")
    said = run("--quarantine", str(tmp_path / "q"))
    assert said.exit_code == 3
    assert "BOOK-126" in said.output and "合同不存在" in said.output
    [copy] = (tmp_path / "q").iterdir()
    assert copy.stat().st_mode & 0o777 == 0o600 and "P9" in copy.read_text("utf-8-sig")


def test_exit_2_with_code_in_both_languages(run, lender):
    (lender.folder / "plan.csv").unlink()
    said = run()
    assert said.exit_code == 2
    assert "BOOK-202" in said.output and "缺少必需的表" in said.output and "missing" in said.output


def test_a_delta_says_its_day_and_what_it_follows(run, lender):
    assert run("--day", "2026-02-05").exit_code == 0
    lender.only(paid="id,contract,day,sum,undoes\nP4,A1,2026-02-04,30.00,\n")
    said = run("--append", "--day", "2026-02-09")
    assert said.exit_code == 2 and "BOOK-219" in said.output
    said = run("--append", "--day", "2026-02-06", "--after", "2026-02-05", "--json")
    assert said.exit_code == 0 and json.loads(said.stdout)["day"] == "2026-02-06"
    said = run("--append", "--day", "tomorrow")
    assert said.exit_code == 2 and "AGE-010" in said.output


def test_json_for_programs(run, lender):
    lender.add("paid.csv", "P9,A9,2026-01-04,1.00,")
    said = run("--json")
    result = json.loads(said.stdout)
    assert result["tables"]["payments"]["quarantined"] == 1 and result["codes"] == {"BOOK-126": 1}
    lender.write("loans.csv", "")
    assert json.loads(run("--json").stdout)["error"] == "BOOK-207"


def test_no_personal_data_is_printed(run, lender):
    lender.add("customers.csv", "K3,Wang Wu Unmistakable,Q,1990-01-02")
    lender.add("paid.csv", "P-secret,A9,2026-01-04,1.00,")
    said = run()
    assert "Unmistakable" not in said.output and "P-secret" not in said.output
