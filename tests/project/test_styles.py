"""Each page loads the style sheet of what stands on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "shouyue" / "web"
PAGES = WEB / "templates" / "desk"
SHEETS = {path.name: path.read_text(encoding="utf-8") for path in (WEB / "static" / "desk").glob("*.css")}
#: on every page
BASE = set(re.findall(r"desk/(\w+\.css)", (PAGES / "base.html").read_text(encoding="utf-8")))
#: classes that are styled elsewhere and need nothing here: a sheet styles them only within something else
PLAIN = {"case.html": {"preview"}, "conventions.html": {"fold"}}


def whole(name: str) -> str:
    """A page with all that it includes."""
    text = (PAGES / name).read_text(encoding="utf-8")
    return text + "".join(map(whole, re.findall(r'include "desk/(\w+\.html)"', text)))


def styled(sheets: set[str]) -> set[str]:
    """Classes of which the sheets say anything."""
    rules = "".join(re.sub(r"\{[^{}]*\}", "{}", SHEETS[name]) for name in sheets)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", rules))


@pytest.mark.parametrize(
    "name", sorted(p.name for p in PAGES.glob("*.html") if 'extends "desk/base.html"' in p.read_text(encoding="utf-8"))
)
def test_a_page_loads_the_sheets_of_its_classes(name):
    text = whole(name)
    loaded = BASE | set(re.findall(r"desk/(\w+\.css)", text))
    used = {
        one
        for classes in re.findall(r'class="([^"]*)"', text)
        for one in re.sub(r"\{[{%].*?[%}]\}", " ", classes).split()
    }
    assert (used & styled(set(SHEETS))) - styled(loaded) == PLAIN.get(name, set())


def test_the_base_is_found():
    assert {"desk.css", "tokens.css"} <= BASE and set(SHEETS) >= BASE
