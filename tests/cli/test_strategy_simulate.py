"""`shouyue strategy simulate` on the command line."""

from __future__ import annotations

import csv
import json

import openpyxl
import pytest
from click.testing import CliRunner

from shouyue.cli.strategy import strategy
from shouyue.cli.trial import STAGES
from shouyue.daily.trial.run import STAGES as TRIAL_STAGES
from tests.daily.conftest import DAY, after, lender, reps, store  # noqa: F401
from tests.daily.trial.conftest import CHANGED

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(lender, reps, tmp_path):  # noqa: F811
    lender.loan("L1", after(-5), amount=30_000)
    lender.loan("L2", after(-5), amount=90_000)
    lender.rows["customers"][0]["name"] = "=1+1"
    (tmp_path / "mine.toml").write_text(CHANGED.text, "utf-8")
    given = ["simulate", str(tmp_path / "mine.toml"), "--book", str(lender.book()), "--as-of", DAY.isoformat()]
    return lambda *more: CliRunner().invoke(strategy, [*given, *(str(m) for m in more)])


def test_it_says_what_would_change(call):
    done = call()
    assert done.exit_code == 0, done.output
    assert "standard@" in done.stdout and "→ standard@next" in done.stdout
    assert "案件 cases 2 → 1" in done.stdout
    assert "[values] small: 20.00 → 500.00" in done.stdout
    assert "no effect of calling" in done.stdout
    assert "两种策略决策" in done.stderr


def test_workbook_lines_and_sums(call, tmp_path):
    for name in ("o.xlsx", "o.csv", "o.json"):
        assert call("--out", tmp_path / name).exit_code == 0
    sums = json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert sums["totals"]["out"] == 1
    lines = list(csv.DictReader((tmp_path / "o.csv").open(encoding="utf-8-sig")))
    assert [(r["customer_id"], r["change"], r["was_overdue_minor"]) for r in lines] == [
        ("C1", "out", "300.00"),
        ("C2", "same", "900.00"),
    ]
    book = openpyxl.load_workbook(tmp_path / "o.xlsx", read_only=True)
    assert [book.sheetnames[0], book.sheetnames[-1]] == ["依据 inputs", "客户 customers"]
    rows = list(book["客户 customers"].iter_rows(values_only=True))
    assert rows[1][:2] == ("C1", "out") and len(rows) == 3


def test_without_a_change_nothing_changes(call, lender):  # noqa: F811
    done = CliRunner().invoke(strategy, ["simulate", "standard", "--book", str(lender.path), "--as-of", str(DAY)])
    assert "新增 in 0   减少 out 0   变动 moved 0   不变 same 2" in done.stdout
    assert "改动 changes" not in done.stdout


@pytest.mark.parametrize(
    ("given", "code"),
    [(("--hours", "9 to 5"), "TRY-002"), (("--hours", "20:00-09:00"), "TRY-002"), (("--out", "x.pdf"), "TRY-003"),
     (("--base", "nobody"), "STRAT-001"), (("--version", "000009-ab"), "BOOK-001")],
)  # fmt: skip
def test_a_mistake_has_its_code(call, given, code):
    assert getattr(call(*given).exception, "code", "") == code


def test_every_stage_has_its_words():
    assert set(STAGES) == set(TRIAL_STAGES)
