"""`shouyue strategy export` and `import`."""

import pytest
from click.testing import CliRunner

from shouyue.base.errors import ShouyueError
from shouyue.cli.strategy import strategy
from shouyue.strategy import load


@pytest.fixture
def call():
    return lambda *words: CliRunner().invoke(strategy, [str(w) for w in words])


@pytest.mark.parametrize(("option", "suffix"), [("--xlsx", ".xlsx"), ("--dmn", ".dmn")])
def test_out_and_in_again(call, tmp_path, option, suffix):
    file = tmp_path / f"s{suffix}"
    assert call("export", "standard", option, file).exit_code == 0
    done = call("import", file)
    assert done.exit_code == 0
    assert "错误 errors 0" in done.output
    assert (tmp_path / "s.toml").read_text("utf-8") == load("standard").text
    assert call("import", file).exit_code == 0


def test_a_file_in_the_way_is_not_written_over_unasked(call, tmp_path):
    call("export", "standard", "--dmn", tmp_path / "s.dmn")
    (tmp_path / "s.toml").write_text("mine", "utf-8")
    refused = call("import", tmp_path / "s.dmn").exception
    assert isinstance(refused, ShouyueError)
    assert refused.code == "STRAT-092"
    assert (tmp_path / "s.toml").read_text("utf-8") == "mine"
    assert call("import", tmp_path / "s.dmn", "--replace").exit_code == 0


def test_what_cannot_be_taken_over_is_told_place_by_place(call, tmp_path):
    (tmp_path / "s.dmn").write_bytes(
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="x">'
        b'<decision id="d1" name="D"><context/></decision></definitions>'
    )
    done = call("import", tmp_path / "s.dmn")
    assert isinstance(done.exception, ShouyueError)
    assert "DMN-013 s.dmn:1 · D" in done.output
    assert not (tmp_path / "s.toml").exists()


def test_other_formats_are_named(call, tmp_path):
    (tmp_path / "s.csv").write_text("a,b", "utf-8")
    for words, code in (
        (["import", tmp_path / "s.csv"], "STRAT-091"),
        (["export", "standard"], "STRAT-090"),
        (["export", "standard", "--dmn", tmp_path / "a", "--xlsx", tmp_path / "b"], "STRAT-090"),
    ):
        refused = call(*words).exception
        assert isinstance(refused, ShouyueError)
        assert refused.code == code
