"""What a lender's lost_contact.toml says: the lawful steps, and when one who has no number is lost.

The file stands beside the one that ``SHOUYUE_HOUSE`` names; the shipped one is lost_contact/steps.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from shouyue.base.errors import Code
from shouyue.base.texts import Bilingual
from shouyue.casework.house import house_file
from shouyue.compliance.rule import CHANNELS
from shouyue.compliance.wishes import PLACES

FILE = "lost_contact.toml"
SHIPPED = Path(__file__).parent / "lost_contact" / "steps.toml"
#: the one table of the file that is no step
_NO_NUMBER = "no_number"
CALL, RECORD = "call", "record"
#: why somebody is lost: no number of his own that may be tried; none that is in service; nobody answers
NO_NUMBER, DEAD, SILENT = "no_number", "dead", "silent"
WHY = (NO_NUMBER, DEAD, SILENT)
#: an attempt says something for so long (``unreachable.DAYS``), and a conversation for no longer
MOST_DAYS = 180

BAD_FILE = Code(
    "LOST-004",
    zh="{file} 中 [{table}] 的 {field} 无法使用：{why_zh}",
    en="in {file}, {field} of [{table}] cannot be used: {why_en}",
)
UNREADABLE = Code("LOST-005", zh="{file} 不是有效的 TOML：{why}", en="{file} is no valid TOML: {why}")
MISSING = {"why_zh": "缺少此项", "why_en": "it is missing"}
UNKNOWN = {"why_zh": "不认识此项或其值", "why_en": "neither it nor its value is known"}
NO_CHANNEL = {
    "why_zh": "缺少此项；会联系到客户的步骤写明方式（如 sms、letter），否则写空串",
    "why_en": "it is missing; say by which way the step reaches the customer (as sms, letter), or an empty text",
}


@dataclass(frozen=True)
class Step(Bilingual):
    """A lawful step; the keys are explained at the top of steps.toml."""

    id: str
    zh: str
    en: str
    again_days: int
    goes_through: str
    #: of what reaches the customer otherwise than by a call
    channel: str = ""
    #: of a letter: where it goes
    place: str = "home"
    why: tuple[str, ...] = WHY


@cache
def steps() -> Mapping[str, Step]:
    """Every step by its id, in the order of the file. Raises LOST-004, LOST-005 where the file cannot be so.

    A lender's file may be older than ``channel``, by which the gate is asked: a step that is shipped too has the
    shipped one's where it says none; of any other that is only written down it must be said.
    """
    shipped = _tables(SHIPPED)
    raw = {id_: values for id_, values in _tables(_path()).items() if id_ != _NO_NUMBER}
    return {id_: _step(id_, values, shipped.get(id_, {})) for id_, values in raw.items()}


@cache
def spoken_to_days() -> int:
    """Days for which one who has no number, and was spoken to himself, is not lost. Raises LOST-004, LOST-005."""
    raw = _tables(_path()).get(_NO_NUMBER, _tables(SHIPPED)[_NO_NUMBER])
    if unknown := set(_table(_NO_NUMBER, raw)) - {"spoken_to_days"}:
        raise _bad(_NO_NUMBER, min(unknown), UNKNOWN)
    days = raw.get("spoken_to_days")
    if type(days) is not int or not 0 <= days <= MOST_DAYS:
        raise _bad(_NO_NUMBER, "spoken_to_days", MISSING if days is None else UNKNOWN)
    return days


def _step(id_: str, raw: Any, shipped: Mapping[str, Any]) -> Step:
    values = {**_table(id_, raw)}
    values |= {n: shipped[n] for n in ("channel", "place") if n in shipped and "channel" not in raw}
    known = {f.name for f in fields(Step)} - {"id"}
    for field in ("zh", "en", "again_days", "goes_through"):
        if field not in values:
            raise _bad(id_, field, MISSING)
    if values["goes_through"] == RECORD and "channel" not in values and id_ not in _tables(SHIPPED):
        raise _bad(id_, "channel", NO_CHANNEL)
    days, why = values["again_days"], values.get("why", list(WHY))
    for field, wrong in (
        *((name, True) for name in sorted(set(values) - known)),
        *((name, not isinstance(values[name], str) or not values[name].strip()) for name in ("zh", "en")),
        ("again_days", type(days) is not int or days < 0),
        ("goes_through", values["goes_through"] not in (CALL, RECORD)),
        ("channel", values.get("channel", "") not in ("", *CHANNELS)),
        ("place", values.get("place", "home") not in PLACES),
        ("why", not isinstance(why, list) or not why or any(one not in WHY for one in why)),
    ):
        if wrong:
            raise _bad(id_, field, UNKNOWN)
    return Step(id=id_, **{**values, "why": tuple(why)})


def _path() -> Path:
    return house_file(FILE, SHIPPED)


@cache
def _tables(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UNREADABLE.error(file=FILE, why=error) from None


def _table(id_: str, raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, dict):
        raise _bad(id_, id_, UNKNOWN)
    return raw


def _bad(table: str, field: str, why: Mapping[str, str]) -> Exception:
    return BAD_FILE.error(file=FILE, table=table, field=field, **why)
