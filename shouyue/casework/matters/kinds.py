"""The kinds of matters, read from kinds.toml, or from matters.toml beside the lender's own house file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.base.texts import Bilingual
from shouyue.casework import errors
from shouyue.casework.house import house_file
from shouyue.compliance.contradictions import PURPOSES
from shouyue.compliance.rule import CHANNELS, RELATIONS
from shouyue.people.models import Role

OWNERS = (Role.STORE_MANAGER.value, Role.HEAD_OFFICE.value)
WORK = ("", "dispute", "hardship")
_OPTIONAL = {"whom", "fact"}
_FACT = re.compile(r"[a-z_]{0,40}")


@dataclass(frozen=True)
class Kind(Bilingual):
    """One kind; the keys are explained at the top of kinds.toml."""

    id: str
    zh: str
    en: str
    days: int
    owner: str
    stops: tuple[str, ...]
    purposes: tuple[str, ...]
    decides: tuple[str, ...]
    pause: int
    proof: bool
    work: str
    advice_zh: str
    advice_en: str
    whom: tuple[str, ...] = ()
    fact: str = ""

    def advice(self, lang: str) -> str:
        return self.advice_zh if lang.startswith("zh") else self.advice_en

    def stops_contact(self, channel: str, purpose: str, relation: str = "self") -> bool:
        within = channel in self.stops and purpose in self.purposes
        return within and (not self.whom or relation in self.whom)


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its id, in the order of the file. Raises MATT-001 where the file cannot be so."""
    path = house_file("matters.toml", Path(__file__).with_name("kinds.toml"))
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {id_: _kind(id_, values) for id_, values in raw.items()}


def _kind(id_: str, values: dict[str, Any]) -> Kind:
    known = {f.name for f in fields(Kind)} - {"id"}
    for where, wrong in (
        ("keys", not known - _OPTIONAL <= set(values) <= known),
        ("days", not isinstance(values.get("days"), int) or values["days"] < 1),
        ("pause", not isinstance(values.get("pause"), int) or values["pause"] < 0),
        ("owner", values.get("owner") not in OWNERS),
        ("decides", not set(values.get("decides", ())) or not set(values["decides"]) <= set(OWNERS)),
        ("stops", not set(values.get("stops", ())) <= set(CHANNELS)),
        ("purposes", not set(values.get("purposes", ())) <= set(PURPOSES)),
        ("work", values.get("work") not in WORK),
        ("whom", not set(values.get("whom", ())) <= set(RELATIONS)),
        ("fact", not _FACT.fullmatch(values.get("fact", ""))),
    ):
        if wrong:
            raise errors.BAD_MATTERS.error(kind=id_, where=where)
    lists = {k: tuple(values.get(k, ())) for k in ("stops", "purposes", "decides", "whom")}
    return Kind(id=id_, **{**values, **lists})
