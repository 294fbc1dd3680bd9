"""``shouyue convention`` as a person types it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shouyue.ageing.convention import load, shipped
from shouyue.base.errors import ShouyueError
from shouyue.cli.convention import convention

OWN = """name = "own"
source = "our handbook"
extends = "eba"
[materiality]
amount_minor = 50000
[[example]]
what = "below 500"
instalments = [[2023-01-10, 40000]]
[[example.check]]
as_of = 2023-03-01
dpd = 0
"""


def run(*words: str):
    return CliRunner().invoke(convention, list(words))


def test_list_names_each_with_its_file():
    lines = run("list").output.splitlines()
    assert [line.split("\t")[0] for line in lines] == shipped()
    assert all(line.endswith(".toml") for line in lines)


def test_show_marks_what_differs_and_prints_the_file_on_request():
    told = run("show", "mba").output
    assert '  * counter = "missed_payments"' in told
    assert '    pauses = "none"' in told
    assert "Mortgage Bankers Association" in told
    assert "120+         120 – " in told
    assert run("show", "mba", "--text").output.startswith("# US mortgages")


@pytest.mark.parametrize("name", shipped())
def test_check_of_what_ships_finds_nothing(name):
    told = run("check", name)
    assert told.exit_code == 0
    assert "✗" not in told.output and "✓" in told.output


def test_check_without_a_name_checks_all_that_are_known():
    told = run("check")
    assert told.exit_code == 0
    assert all(f"{name} sha256:" in told.output for name in shipped())


def test_what_ships_names_its_source_and_shows_the_edges_of_every_rule_it_changes():
    for name in shipped():
        found = load(name)
        assert len(found.source) > 80 and len(found.examples) >= 3, name
        assert {check.expected.get("bucket") for e in found.examples for check in e.checks} - {None}, name


def test_a_convention_of_the_house_is_known_by_the_name_of_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOUYUE_HOME", str(tmp_path))
    (tmp_path / "conventions").mkdir()
    (tmp_path / "conventions" / "own.toml").write_text(OWN)
    assert "own\t" in run("list").output and run("check", "own").exit_code == 0
    (tmp_path / "conventions" / "other.toml").write_text(OWN)
    with pytest.raises(ShouyueError) as told:
        load("other")
    assert told.value.code == "AGE-002"
    for name in ("missing", "../conventions/own", "own.tom"):
        with pytest.raises(ShouyueError) as told:
            load(name)
        assert told.value.code == "AGE-001"


def test_check_runs_the_examples_of_an_own_file(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    told = run("check", str(file))
    assert (told.exit_code, "1/1" in told.output) == (0, True)
    file.write_text(OWN.replace("dpd = 0", "dpd = 4\nsurprise = 1"))
    told = run("check", str(file))
    assert told.exit_code == 2
    assert "2023-03-01 dpd: 应为 expected 4, 内核 kernel 0, 参照 reference 0" in told.output
    assert "surprise" in told.output and "no such column" in told.output


def test_check_says_when_nothing_shows_that_it_is_right(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('name = "own"\n')
    told = run("check", str(file))
    assert told.exit_code == 3
    assert "no example" in told.output and "no source" in told.output


@pytest.mark.parametrize(("text", "code"), [(None, "AGE-001"), ('name = "x"\nwhat = 1\n', "AGE-002")])
def test_slips_have_their_code(tmp_path, text, code):
    file = tmp_path / "own.toml"
    if text:
        file.write_text(text)
    told = run("check", str(file))
    assert isinstance(told.exception, ShouyueError)
    assert told.exception.code == code
