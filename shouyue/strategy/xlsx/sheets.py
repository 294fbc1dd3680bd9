"""The sheets of a strategy's workbook: their names and what stands where, for writing and for reading."""

from __future__ import annotations

import re
from collections.abc import Iterable

HEAD, NAMES, TESTS, LISTS, SOURCE = "策略 Strategy", "名称 Names", "测试 Tests", "选项 Lists", "原文 Source"
#: not tables
OWN = (HEAD, NAMES, TESTS, LISTS, SOURCE)
#: keys of the first sheet, in order; ``order.PHASE`` is written ``dpd up, overdue down``
HEAD_KEYS = ("name", "version", "zh", "en", "about_zh", "about_en", "valid_from", "valid_to", "currency")
ORDER_KEYS = ("order.reminder", "order.collection")
#: written like a test's ``given``: ``share = 0.02, salt = "standard", since = 2026-01-01``
DRAWN_KEYS = ("hold_out", "experiment")
DAYS = ("valid_from", "valid_to")
#: what the sheet of names lists
KINDS = ("values", "segments", "stages", "treatments", "sentences")
NAME_COLUMNS = ("kind", "id", "is", "like", "zh", "en")
TEST_COLUMNS = ("name", "given", "expect")
#: what stands over the rows of a table
TABLE_KEYS = ("table", "zh", "en", "hit", "gather", "gaps", "allowed", "default", "ranks")
ROW, ARROW, REMARK = "row", "=>", "#"
SEALED = "sha256"
#: empty rows of a sheet that are ready to be filled
SPARE = 100
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def sheet_names(ids: Iterable[str]) -> dict[str, str]:
    """A sheet's name for each table: its id, as far as spreadsheets allow."""
    taken = {name.lower() for name in OWN} | {"history"}
    names = {}
    for id_ in ids:
        name = base = _FORBIDDEN.sub("_", id_)[:28] or "table"
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{base[:26]} {number}"
        taken.add(name.lower())
        names[id_] = name
    return names
