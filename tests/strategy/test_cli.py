"""`shouyue strategy`."""

import json

import pytest
from click.testing import CliRunner

from shouyue.cli.strategy import strategy

from .made import strategy_text


@pytest.fixture
def call():
    return lambda *words: CliRunner().invoke(strategy, [str(w) for w in words])


def test_list_names_the_shipped_strategy(call):
    done = call("list")
    assert done.exit_code == 0
    assert done.output.split("\t")[:2] == ["standard", "2"]


def test_check_of_a_good_file_exits_0(call):
    done = call("check", "standard")
    assert done.exit_code == 0
    assert "standard@2" in done.output


def test_check_with_warnings_exits_3(call, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(strategy_text().replace("small | > 0        | < 20.00 ", "small | > 1        | < 20.00 "), "utf-8")
    done = call("check", path)
    assert done.exit_code == 3
    assert "STRAT-050 mine.toml · work" in done.output


def test_check_with_errors_exits_2_and_names_the_row(call, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(strategy_text().replace("< 20.00", "< twenty"), "utf-8")
    done = call("check", path, "--json")
    assert done.exit_code == 2
    finding = json.loads(done.output.splitlines()[0])
    assert (finding["code"], finding["place"]["row"], finding["place"]["row_id"]) == ("STRAT-032", 2, "small")


TEST = """
[[test]]
name = "a small arrear is left alone"
given = { dpd = 3, overdue = 19.99 }
expect = { phase = "PHASE", reason_zh = "null" }
"""


@pytest.mark.parametrize(("phase", "code"), [("none", 0), ("collection", 2)])
def test_tests_of_a_file_run_with_it(call, tmp_path, phase, code):
    path = tmp_path / "mine.toml"
    path.write_text(strategy_text(tests=TEST.replace("PHASE", phase)), "utf-8")
    done = call("test", path)
    assert done.exit_code == code
    assert ("阶段：应为 催收，实为 今天无事" in done.output) == (code == 2)


def test_a_file_without_tests_does_not_pass(call, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(strategy_text(), "utf-8")
    assert call("test", path).exit_code == 2


def test_show_prints_tables_that_read_back(call):
    done = call("show", "standard")
    assert done.exit_code == 0
    assert "golden      | [1..7]" in done.output
    assert call("show", "standard", "--text").output.startswith("# 标准策略")
