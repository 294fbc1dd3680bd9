"""The floor: what it costs two engines merely to read the columns that ageing reads."""

from __future__ import annotations

import duckdb
import polars as pl
import pyarrow.parquet as pq

from shouyue.book.store import Version

#: what ageing reads of a book without charges, under the default convention, with all knowledge
READ = {
    "loans": ("loan_id", "customer_id"),
    "instalments": ("loan_ix", "due_date", "amount_minor", "fee_minor", "interest_minor"),
    "payments": ("loan_ix", "value_date", "amount_minor", "reversal_of", "payment_id"),
}


def files(version: Version, table: str) -> list[str]:
    return [str(version.shard_file(table, ix)) for ix in range(version.shards)]


def by_duckdb(version: Version) -> None:
    for table, columns in READ.items():
        asked = ", ".join(f"max({c})" for c in columns)
        duckdb.execute(f"select {asked} from read_parquet({files(version, table)!r})").fetchall()


def by_polars(version: Version) -> None:
    for table, columns in READ.items():
        pl.scan_parquet(files(version, table)).select(pl.col(columns).max()).collect()


def bytes_read(version: Version) -> int:
    """Compressed bytes of these columns."""
    total = 0
    for table, columns in READ.items():
        for file in files(version, table):
            about = pq.read_metadata(file)
            for group in range(about.num_row_groups):
                chunks = map(about.row_group(group).column, range(about.num_columns))
                total += sum(c.total_compressed_size for c in chunks if c.path_in_schema in columns)
    return total
