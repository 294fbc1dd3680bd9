"""Walk the audit chain and name the first entry that is not as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shouyue.compliance.chain import FIRST, Root, content_hash
from shouyue.compliance.models import AuditEntry

#: why a chain is broken: id -> (zh, en)
WHY = {
    "edited": ("第 {seq} 条的内容被改动", "entry {seq} was edited"),
    "rewritten": (
        "第 {seq} 条被改动并重新计算了哈希，后一条仍指向原哈希",
        "entry {seq} was edited and hashed anew; the next entry still names its first hash",
    ),
    "missing": ("缺少第 {seq} 条", "entry {seq} is missing"),
    "inserted": ("第 {seq} 条是后来插入的", "entry {seq} was inserted"),
    "out_of_order": ("第 {seq} 条原为第 {was} 条，顺序被改动", "entry {seq} was entry {was}: the order was changed"),
    "root": (
        "第 {seq} 条与封存的根不符：此条或更早的记录被整体重写",
        "entry {seq} is not the one that was sealed: it or earlier ones were rewritten with all that follow",
    ),
}


@dataclass(frozen=True)
class Report:
    """``entries`` were walked; where the chain is broken, ``first_bad`` is the seq and ``why`` a key of ``WHY``."""

    ok: bool
    entries: int
    newest: Root | None
    first_bad: int | None = None
    why: str = ""
    was: int | None = None

    def text(self, lang: str) -> str:
        zh = lang.lower().startswith("zh")
        if self.ok:
            return f"完整：{self.entries} 条" if zh else f"intact: {self.entries} entries"
        return WHY[self.why][0 if zh else 1].format(seq=self.first_bad, was=self.was)


@dataclass(frozen=True)
class _Entry:
    seq: int
    at: datetime
    actor_id: int | None
    actor: str
    action: str
    subject: str
    data: dict[str, Any]
    previous: str
    hash: str

    def rehashed(self) -> str:
        return content_hash(
            self.seq, self.at, self.actor_id, self.actor, self.action, self.subject, self.data, self.previous
        )


def verify(
    roots: Sequence[Root] = (), progress: Callable[[int, int], None] | None = None, batch: int = 5_000
) -> Report:
    """Recompute every hash and every link. ``roots`` were published earlier; ``progress(done, total)`` per batch.

    One pass in constant memory, about 50,000 entries a second. Entries appended meanwhile are left for the next time.
    """
    total = AuditEntry.objects.count()
    sealed: dict[int, set[str]] = {}
    for root in roots:
        sealed.setdefault(root.seq, set()).add(root.hash)
    before: _Entry | None = None
    done = 0
    for entry in _entries(batch):
        if (fault := _fault(entry, before, sealed)) is not None:
            return replace(fault, entries=done)
        before, done = entry, done + 1
        if progress and done % batch == 0:
            progress(done, max(total, done))
    if progress:
        progress(done, max(total, done))
    end = before.seq if before else 0
    newest = Root(before.seq, before.hash) if before else None
    if any(seq > end for seq in sealed):
        return Report(False, done, newest, end + 1, "missing")
    return Report(True, done, newest)


def _entries(batch: int) -> Iterator[_Entry]:
    after: int | None = None
    newest = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    while newest is not None:
        rows = AuditEntry.objects.filter(seq__lte=newest)
        if after is not None:
            rows = rows.filter(seq__gt=after)
        page = list(rows.order_by("seq").values_list(*_Entry.__dataclass_fields__)[:batch])
        if not page:
            return
        yield from (_Entry(*row) for row in page)
        after = page[-1][0]


def _fault(entry: _Entry, before: _Entry | None, sealed: dict[int, set[str]]) -> Report | None:
    expected = before.seq + 1 if before else 1
    if entry.seq < expected:
        return _broken(entry.seq, "inserted")  # below the first number
    if entry.rehashed() != entry.hash:
        return _not_as_hashed(entry, before)
    if entry.seq > expected:
        return _broken(expected, "missing")
    if entry.previous != (before.hash if before else FIRST):
        return _wrong_link(entry, before)
    if any(entry.hash != digest for digest in sealed.get(entry.seq, ())):
        return _broken(entry.seq, "root")
    return None


def _not_as_hashed(entry: _Entry, before: _Entry | None) -> Report:
    """The entry's own hash does not fit: it was edited, or moved from another number."""
    expected = before.seq + 1 if before else 1
    named = AuditEntry.objects.filter(hash=entry.previous).order_by("seq").values_list("seq", flat=True).first()
    guesses = [entry.seq - 1, entry.seq + 1, *([] if named is None else [named + 1, named, named - 1])]
    was = next((g for g in guesses if g > 0 and replace(entry, seq=g).rehashed() == entry.hash), None)
    if was is None:
        return _broken(expected if entry.seq > expected else entry.seq, "missing" if entry.seq > expected else "edited")
    if was == entry.seq - 1 == expected - 1 and before is not None:
        return _broken(before.seq, "inserted")  # everything from here on was moved up by one
    return replace(_broken(entry.seq, "out_of_order"), was=was)


def _wrong_link(entry: _Entry, before: _Entry | None) -> Report:
    """The entry is as hashed but does not follow the one before: one of the two is not the first of its number."""
    follows = AuditEntry.objects.filter(seq=entry.seq + 1).values_list("previous", flat=True).first()
    if before is not None and follows in (None, entry.hash):
        return _broken(before.seq, "rewritten")
    return _broken(entry.seq, "rewritten")


def _broken(seq: int, why: str) -> Report:
    return Report(False, 0, None, seq, why)
