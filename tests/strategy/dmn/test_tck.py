"""The public compatibility kit through our engine, and how its cases are counted."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shouyue.cli.strategy import strategy
from shouyue.strategy.dmn.faults import DmnError
from shouyue.strategy.dmn.tck import outcomes

from .models import data, decision, dmn, table


@pytest.mark.shared
def test_every_decision_table_case_of_the_kit_passes(shared_data):
    found = list(outcomes(shared_data / "dmn_tck"))
    assert [o for o in found if o.table and o.state != "passed"] == []
    assert len([o for o in found if o.table]) == 33
    assert [o.file.split("/")[0] for o in found if not o.table] == ["0003-input-data-string-allowed-values"]
    assert {o.level for o in found} == {"2"}


@pytest.mark.shared
def test_the_command_prints_the_share(shared_data):
    done = CliRunner().invoke(strategy, ["tck", str(shared_data / "dmn_tck")])
    assert done.exit_code == 0
    assert "decision-table cases 33/33 = 100.0%" in done.output
    assert "0003-input-data-string-allowed-values-test-01.xml 001" in done.output


XSD = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def case(id_: str, given: str, name: str, want: str) -> str:
    inputs = f'<inputNode name="age">{given}</inputNode>' if given else ""
    return (
        f'<testCase id="{id_}">{inputs}<resultNode name="{name}" type="decision"><expected>{want}</expected>'
        "</resultNode></testCase>"
    )


def kit(folder: Path, model: bytes, *cases: str) -> None:
    (folder / "m.dmn").write_bytes(model)
    (folder / "m-test-01.xml").write_text(
        f'<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" {XSD}><modelName>m.dmn</modelName>'
        f"<labels><label>Compliance Level 2</label></labels>{''.join(cases)}</testCases>",
        "utf-8",
    )


MODEL = dmn(
    data("age"),
    decision("d", table("age:number", "out:string", '>18 => "old"', '>30 => "older"'), "i_age"),
    decision("l", table("age:number", "a:string|b:number", '>18 => "x" | 1', hit="RULE ORDER"), "i_age"),
    decision("e", "<literalExpression><text>age + 1</text></literalExpression>", "i_age"),
    decision("r", table("e", "out:string", '- => "x"'), "d_e"),
)
LIST = (
    "<list><item><component name='a'><value>x</value></component>"
    "<component name='b'><value xsi:type='xsd:decimal'>1.0</value></component></item></list>"
)


def test_cases_are_counted_as_they_are(tmp_path):
    kit(
        tmp_path,
        MODEL,
        case("passes", "<value>19</value>", "d", "<value>old</value>"),
        case("nothing", "<value>3</value>", "d", "<value xsi:nil='true'/>"),
        case("two answers are none", "<value>31</value>", "d", "<value xsi:nil='true'/>"),
        case("list", "<value>19</value>", "l", LIST),
        case("empty list", "<value>1</value>", "l", "<list/>"),
        case("wrong", "<value>19</value>", "d", "<value>young</value>"),
        case("wrong list", "<value>19</value>", "l", "<list/>"),
        case("raises", "<value>31</value>", "d", "<value>older</value>"),
        case("no table", "<value>1</value>", "e", "<value>2</value>"),
        case("table over it", "<value>1</value>", "r", "<value>x</value>"),
        case("unreadable", "<value xsi:type='xsd:time'>10:00</value>", "d", "<value>x</value>"),
    )
    found = {o.case: (o.state, o.table) for o in outcomes(tmp_path)}
    assert found == {
        "passes": ("passed", True),
        "nothing": ("passed", True),
        "two answers are none": ("passed", True),
        "list": ("passed", True),
        "empty list": ("passed", True),
        "wrong": ("failed", True),
        "wrong list": ("failed", True),
        "raises": ("failed", True),
        "no table": ("skipped", False),
        "table over it": ("skipped", True),
        "unreadable": ("skipped", False),
    }
    done = CliRunner().invoke(strategy, ["tck", str(tmp_path)])
    assert done.exit_code == 2
    assert "decision-table cases 5/9 = 55.6% · 失败 failed 3 · 跳过 skipped 1" in done.output
    assert "should be 'young' but is 'old'" in done.output


def test_a_case_without_its_model_is_skipped(tmp_path):
    kit(tmp_path, MODEL, case("a", "<value>19</value>", "d", "<value>old</value>"))
    (tmp_path / "m.dmn").unlink()
    assert [(o.state, o.why_en) for o in outcomes(tmp_path)] == [("skipped", "there is no m.dmn")]


def test_a_folder_without_cases_is_no_success(tmp_path):
    with pytest.raises(DmnError, match="DMN-050"):
        list(outcomes(tmp_path))
