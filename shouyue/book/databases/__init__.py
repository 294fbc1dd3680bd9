"""A lender's database as the source of a table: a query's rows, laid down in a file and read like any other."""

from shouyue.book.databases.fetching import Fetched, fetch

__all__ = ["Fetched", "fetch"]
