"""The part of a profile that speaks of news: what a day's rows do to those the book holds. See docs/import.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from shouyue.book.profile_model import Deleted, Delta, TableProfile
from shouyue.book.schema import TABLES, Table

#: keys of [delta], and keys of a table
DELTA = ("day", "gap_days", "deletes_at_most")
NEWS = ("deleted", "replaces", "absent", "corrections")
CHOICES = {"replaces": ("row", "all", "table"), "absent": ("empty", "keep"), "corrections": ("quarantine", "reverse")}


class Reader(Protocol):
    """What is needed of ``profile``'s reader: typed values, and faults that name their place."""

    def wrong(self, place: str, zh: str, en: str) -> NoReturn: ...
    def known(self, place: str, given: Any, allowed: tuple[str, ...]) -> dict[str, Any]: ...
    def typed(self, place: str, given: dict[str, Any], key: str, kind: Any, otherwise: Any) -> Any: ...

    texts: Callable[[str, Any], tuple[str, ...]]


def delta(reader: Reader, raw: dict[str, Any]) -> Delta:
    given = reader.known("delta", raw.get("delta", {}), DELTA)
    day = reader.typed("delta", given, "day", str, None)
    if day not in (None, "folder", "files"):
        reader.wrong("delta.day", "须为 folder 或 files", "must be folder or files")
    gap = reader.typed("delta", given, "gap_days", int, Delta.gap_days)
    if not 0 <= gap <= 366:
        reader.wrong("delta.gap_days", "须在 0 到 366 之间", "must be 0 to 366")
    most = reader.typed("delta", given, "deletes_at_most", (int, float), None)
    # a share read by way of its text is the share that was written
    share = Delta.deletes_at_most if most is None else str(most)
    if not 0 <= float(share) <= 1:
        reader.wrong("delta.deletes_at_most", "须在 0 到 1 之间", "must be 0 to 1")
    return Delta(day, gap, share)


def news(reader: Reader, place: str, spec: Table, raw: dict[str, Any]) -> dict[str, Any]:
    """The keys of a table, as fields of its profile."""
    said: dict[str, Any] = {"deleted": _deleted(reader, place, raw)}
    usual = {"replaces": "table"} if spec.name == "balances" else {}  # a statement is whole, and a book must not grow
    for key, choices in CHOICES.items():
        said[key] = reader.typed(place, raw, key, str, usual.get(key, choices[0]))
        if said[key] not in choices:
            wanted = " | ".join(choices)
            reader.wrong(f"{place}.{key}", f"须为 {wanted} 之一", f"must be one of {wanted}")
    if said["corrections"] == "reverse" and spec.name != "payments":
        reader.wrong(f"{place}.corrections", "只用于 payments", "is for payments only")
    if said["replaces"] == "all" and (spec.owner is None or spec.name == "payments"):
        allowed = ", ".join(t.name for t in TABLES.values() if t.owner and t.name != "payments")
        reader.wrong(f"{place}.replaces", f"all 只用于 {allowed}", f"all is for {allowed} only")
    if said["replaces"] == "table" and spec.name != "balances":
        reader.wrong(f"{place}.replaces", "table 只用于 balances", "table is for balances only")
    if said["absent"] == "keep" and spec.name == "payments":
        reader.wrong(f"{place}.absent", "不用于 payments", "is not for payments")
    return said


def _deleted(reader: Reader, place: str, raw: dict[str, Any]) -> Deleted | None:
    if "deleted" not in raw:
        return None
    place = f"{place}.deleted"
    given = reader.known(place, raw["deleted"], ("from", "values"))
    header = reader.typed(place, given, "from", str, "")
    values = reader.texts(f"{place}.values", given.get("values", []))
    if not header or not values:
        reader.wrong(place, "须写明 from 与 values", "needs from and values")
    return Deleted(header, values)


def check(reader: Reader, place: str, table: TableProfile) -> None:
    """What only a whole table's profile shows."""
    numbered = table.column("payment_id")
    ids = ("payment_id",), ("loan_id", "payment_id")
    unnumbered = numbered is None or numbered.derive is not None or table.identity not in ids
    if unnumbered and (table.corrections == "reverse" or (table.name == "payments" and table.deleted)):
        reader.wrong(
            f"{place}.corrections" if table.corrections == "reverse" else f"{place}.deleted",
            "要求文件有流水号，且以流水号为标识",
            "needs payments that the file numbers, known by that number",
        )
