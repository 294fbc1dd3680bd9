"""Errors that a person can act on: each with a code, in both languages, about the same things."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string

import pytest

import shouyue
from shouyue.base.errors import REGISTRY, Code

for module in pkgutil.walk_packages(shouyue.__path__, "shouyue."):
    if not re.search(r"__main__|migrations|\.formats|wsgi|application", module.name):
        importlib.import_module(module.name)

CODES = [code for id_, code in sorted(REGISTRY.items()) if not id_.startswith("TEST-")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fields(template: str) -> set[str]:
    """Names of what the text speaks of; ``why_zh`` and ``why_en`` are one thing in two languages."""
    names = {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(template) if name}
    return {re.sub("(^|_)(zh|en)$", "", name) for name in names}


def test_there_are_codes_of_every_room():
    assert {code.id.split("-")[0] for code in CODES} >= {"BASE", "BOOK", "CASE", "DAY", "OPS", "SIM"}


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)
def test_a_code_speaks_both_languages_of_the_same_things(code: Code):
    assert re.fullmatch(r"[A-Z]+-\d{3}", code.id)
    assert CHINESE.search(code.zh)
    assert not CHINESE.search(code.en)
    assert re.search(r"[a-z]{2}", code.en)
    assert fields(code.zh) == fields(code.en)
