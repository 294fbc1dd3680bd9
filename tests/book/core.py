"""A lender's core: a PostgreSQL database of its own on the tests' server, and a profile of queries against it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from shouyue.base import database

VARIABLE = "LENDER_DATABASE"

TABLES = """
CREATE TABLE customers (cust text PRIMARY KEY, who text, sex char(3), born date);
CREATE TABLE contacts (cust text, phone varchar(40), rel text);
CREATE TYPE state AS ENUM ('open', 'closed');
CREATE TABLE loans
  (contract text PRIMARY KEY, cust text, sum numeric(18, 2), periods smallint, state state, note bytea);
CREATE TABLE plan (contract text, no integer, due date, total numeric(18, 2));
CREATE TABLE paid (id bigint PRIMARY KEY, contract text, at timestamptz, sum numeric, undoes bigint);
INSERT INTO customers VALUES ('K1', 'Zhang San', 'M', '1990-01-02'), ('K2', '李四', 'F', '1985-12-30');
INSERT INTO contacts VALUES ('K1', '13900000001', 'self'), ('K2', '13900000002', 'self');
INSERT INTO loans VALUES ('A1', 'K1', 1200.00, 12, 'open', NULL), ('A2', 'K2', 2400, 12, NULL, '\\xff');
INSERT INTO plan VALUES ('A1', 1, '2026-01-05', 100), ('A1', 2, '2026-02-05', 100), ('A2', 1, '2026-01-09', 200);
INSERT INTO paid VALUES (1, 'A1', '2026-01-04 12:00+08', 100.00, NULL), (2, 'A2', '2026-01-10 23:30+08', 200, NULL),
  (3, 'A2', '2026-01-11 09:00+08', 50.00, 2);
"""

PROFILE: dict[str, Any] = {
    "name": "core",
    "currency": "CNY",
    "database": {"address": VARIABLE},
    "tables": {
        "customers": {
            "query": "SELECT * FROM customers",
            "columns": {"customer_id": "cust", "name": "who", "sex": "sex", "born_on": "born"},
        },
        "contacts": {
            "query": "SELECT * FROM contacts",
            "columns": {"customer_id": "cust", "phone": "phone", "relation": "rel"},
        },
        "loans": {
            "query": "SELECT * FROM loans;",
            "columns": {
                "loan_id": "contract",
                "customer_id": "cust",
                "principal_minor": "sum",
                "term": "periods",
                "product": "state",
            },
        },
        "instalments": {
            "query": "SELECT * FROM plan -- the newest plan",
            "columns": {"loan_id": "contract", "seq": "no", "due_date": "due", "amount_minor": "total"},
        },
        "payments": {
            "query": "WITH p AS (SELECT * FROM paid) SELECT * FROM p",
            "columns": {
                "payment_id": "id",
                "loan_id": "contract",
                "value_date": "at",
                "amount_minor": "sum",
                "reversal_of": "undoes",
            },
        },
    },
}


@contextmanager
def made(name: str, how: str = "") -> Iterator[str]:
    """An empty database of that name; its address. Dropped when the block ends."""
    name = f"{name}_{os.getpid()}"
    server = database.url()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 {how}")
    # the path of an address is the database's name, wherever the server is
    before, _, after = server.partition("?")
    yield before.rpartition("/")[0] + f"/{name}" + (f"?{after}" if after else "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Core:
    """The lender's side: what lies in his database."""

    def __init__(self, url: str):
        self.url = url

    def run(self, *commands: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for command in commands:
                connection.execute(command.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()
