"""Documents say what the product does: links lead somewhere, variables and commands exist, both languages agree."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .repository import PACKAGE, ROOT, text, tracked

DOCUMENTS = [path for path in tracked("*.md") if "tests" not in path.parts]
READMES = ("README.md", "README.zh-CN.md")
VARIABLE = re.compile(r"\b(?:SHOUYUE_[A-Z_]+|DATABASE_URL)\b")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path):
    written = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", written):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{named(path)} links to {target}"


def commands(readme: str) -> list[str]:
    blocks = re.findall(r"```\w*\n(.*?)```", text(readme), flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_both_readmes_say_the_same():
    english, chinese = READMES
    assert commands(english) == commands(chinese)
    links = [set(re.findall(r"\]\((docs/[^)]+|[A-Z]+\.md)\)", text(one))) for one in READMES]
    assert {re.sub(r"\.zh(?=\.png)", "", link) for link in links[1] - {english}} == links[0]
    headings = [len(re.findall(r"^## ", text(one), flags=re.MULTILINE)) for one in READMES]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("line", commands("README.md"))
def test_every_command_of_the_readme_exists(line):
    words = shlex.split(line)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", text("Makefile"), flags=re.MULTILINE)
        return
    assert words[0] == "shouyue"
    from shouyue.cli.main import cli

    command, context = cli, None
    words = words[1:]
    while (words and hasattr(command, "commands")) or command is cli:
        import click

        context = click.Context(command, parent=context)
        command = command.get_command(context, words[0])  # type: ignore[attr-defined]
        assert command is not None, line
        words = words[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options


def test_every_variable_is_documented_and_every_documented_one_is_read():
    read = {name for path in PACKAGE.rglob("*.py") for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    documented = set(VARIABLE.findall(text("docs/operations.md")))
    assert read - documented == set()
    assert documented - read == set()


def test_every_target_of_the_makefile_is_explained():
    targets = re.search(r"^\.PHONY: (.*)$", text("Makefile"), flags=re.MULTILINE)[1].split()  # type: ignore[index]
    explained = re.findall(r"^([a-z]+):.*## \S", text("Makefile"), flags=re.MULTILINE)
    assert set(targets) - set(explained) == {"translations", "browser", "java"}


def test_changes_are_sentences_for_users():
    entries = re.findall(r"^- (\w+) ", text("CHANGELOG.md"), flags=re.MULTILINE)
    assert entries and set(entries) <= {"Add", "Fix", "Change", "Remove"}


def test_decisions_have_numbers_of_their_own():
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert len(numbers) == len(set(numbers)) and all(number.isdigit() for number in numbers)
