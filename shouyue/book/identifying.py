"""Which columns tell a table's rows apart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import polars as pl

from shouyue.book.matching import Candidate
from shouyue.book.sampling import ROWS
from shouyue.book.schema import Table
from shouyue.book.sniffing import Said


def identity_of(
    table: Table, mapped: Mapping[str, str], made: Sequence[str], held: Sequence[Candidate]
) -> tuple[list[str], Said, list[Said]]:
    """The schema's key where it tells rows apart; else the fewest mapped columns that must be added to it."""
    key = [name for name in table.key if name in mapped or name in made]
    looked = [name for name in key if name in mapped]
    if not looked or any(name in made for name in key):
        return key or list(table.key), ("编号由导入生成", "numbers are made by the import"), []
    frame = pl.concat(
        [h.sample.frame.select(column_as(h, header).alias(name) for name, header in mapped.items()) for h in held]
    )
    frame = frame.filter(pl.all_horizontal(pl.col(k).is_not_null() for k in looked)).unique()  # repeats are repeats
    rows = f"{frame.height:,}"
    part = "" if all(h.sample.whole for h in held) else f"（仅前 {ROWS:,} 行）"
    of = "" if not part else f" (first {ROWS:,} rows of a file)"
    if _unique(frame, looked):
        return key, (f"{rows} 行中唯一{part}", f"unique in {rows} rows{of}"), []
    others = [name for name in mapped if name not in key and table.field(name).need != "may"]
    others += [name for name in mapped if name not in key and name not in others]
    for more in range(1, min(len(others), 3) + 1):
        for added in itertools.combinations(others, more):
            if _unique(frame, [*looked, *added]):
                zh = f"{'、'.join(looked)} 不唯一，加上 {'、'.join(added)} 后在 {rows} 行中唯一{part}"
                en = f"{', '.join(looked)} repeats; with {', '.join(added)} unique in {rows} rows{of}"
                return [*key, *added], (zh, en), [(f"标识：{zh}，请核对", f"identity: {en}; please check")]
    twice = frame.height - frame.select(looked).n_unique()
    zh, en = f"{twice:,} 行的标识重复，将进入隔离区", f"{twice:,} rows repeat an identity and would be quarantined"
    return key, (zh, en), [(zh, en)]


def _unique(frame: pl.DataFrame, names: Sequence[str]) -> bool:
    return not frame.select(list(names)).is_duplicated().any()


def column_as(c: Candidate, header: str) -> pl.Expr:
    return pl.col(str(c.sample.headers.index(header))).cast(pl.String).alias(header)
