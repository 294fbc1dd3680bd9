"""The control total: for every table, what was read is what was accepted and what was quarantined, to the last 分."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from shouyue.book import faults


@dataclass
class Totals:
    """Counts of one table. Money in minor units, as int of any size; only of amounts that could be read."""

    read: int = 0
    read_money: int = 0
    accepted: int = 0
    accepted_money: int = 0
    quarantined: int = 0
    quarantined_money: int = 0
    #: quarantined rows whose amount could not be read, so that it is in no sum
    unreadable: int = 0
    #: wholly empty rows and those the profile sets aside; not counted as read
    ignored: int = 0
    #: of the accepted, when appending: new, changing nothing, taking the place of an older row
    added: int = 0
    known: int = 0
    replaced: int = 0
    #: rows of the book that went; the accepted rows that said so are ``deleted``
    removed: int = 0
    deleted: int = 0

    def balance(self, table: str) -> None:
        """Raises BOOK-216 when a row or a 分 got lost."""
        rows = (self.read, self.accepted, self.quarantined)
        money = (self.read_money, self.accepted_money, self.quarantined_money)
        for read, accepted, quarantined in (rows, money):
            if read != accepted + quarantined:
                raise faults.UNBALANCED.error(table=table, read=read, accepted=accepted, quarantined=quarantined)

    def as_dict(self) -> dict[str, int | str]:
        """For the manifest: sums as texts, since they may not fit what JSON readers call a number."""
        return {k: str(v) if k.endswith("_money") else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, said: dict[str, int | str]) -> Totals:
        return cls(**{k: int(v) for k, v in said.items()})
