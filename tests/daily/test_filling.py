"""A lender's first day, which fills an empty desk in bulk: the same desk, whole or not at all, and never in the way."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import OperationalError, connection

from shouyue.base.errors import ShouyueError
from shouyue.casework.models import Case, Customer
from shouyue.compliance import audit
from shouyue.daily import filling, publishing
from shouyue.daily.models import DailyRun
from shouyue.people.models import Store, User
from tests.daily.conftest import after
from tests.daily.dump import dump
from tests.daily.test_kill import address

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(lender, monkeypatch):
    """A lender with cases in two stores, and a desk that is filled however few there are."""
    for code, name in (("S1", "一店"), ("S2", "二店")):
        shop = Store.objects.create(code=code, name=name)
        User.objects.bulk_create(
            [User(username=f"{code}-{n}", full_name=f"员工{n}", role="rep", store=shop) for n in (1, 2)]
        )
    for n in range(40):
        person = {"salary_day": n, "zone": "Asia/Urumqi" if n % 2 else "Nowhere", "name": f'姓"名\\{n},', "city": ""}
        lender.loan(f"L{n}", after(-n), store=("S1", "S2", None)[n % 3], amount=10_000 + n)
        lender.rows["customers"][-1] |= person
    lender.loan("L90", after(-2), customer="C3")
    lender.rows["customers"] = [c for c in lender.rows["customers"] if c["customer_id"] != "C7"]  # not in the file
    lender.pays("L5", after(-1), 4_000)
    monkeypatch.setattr(filling, "FEW", 1)
    return lender


@pytest.fixture
def filled(monkeypatch) -> list[bool]:
    """Of each run, whether it filled the desk in bulk."""
    seen: list[bool] = []
    unkeyed = filling.unkeyed

    def watched(cases: int) -> filling.Keys | None:
        keys = unkeyed(cases)
        seen.append(keys is not None)
        return keys

    monkeypatch.setattr(filling, "unkeyed", watched)
    return seen


def other() -> psycopg.Connection:
    return psycopg.connect(address(connection.settings_dict["NAME"]))


def desk() -> dict:
    with other() as reading:
        return dump(reading)


def shape() -> dict[str, list]:
    """Keys and indexes of the desk's tables, as the server tells of them."""
    with other() as reading:
        constraints = reading.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE conrelid = ANY(%s::text[]::regclass[]) ORDER BY 1, 2",
            [list(filling.TABLES)],
        )
        indexes = reading.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) ORDER BY 1, 2",
            [list(filling.TABLES)],
        )
        return {"constraints": constraints.fetchall(), "indexes": indexes.fetchall()}


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(filling.TABLES)}, compliance_person, daily_dailyrun CASCADE")
        cursor.execute("TRUNCATE compliance_auditentry CASCADE")


def test_filled_in_bulk_the_desk_is_the_same_as_row_by_row(busy, filled, monkeypatch):
    before = shape()
    busy.day()
    assert filled == [True]
    assert shape() == before
    bulk = desk()
    assert len(bulk["casework_case"]) == 40 and len(bulk["casework_loan"]) == 41 and audit.verify().ok
    busy.day()
    assert filled == [True, False], "there is somebody's data now"
    assert desk() == bulk, "the same day again finds nothing to change"
    empty()
    monkeypatch.setattr(filling, "FEW", 1_000)
    busy.day()
    assert filled == [True, False, False]
    single = desk()
    for table, rows in single.items():
        assert rows == bulk[table], table


def test_where_somebody_looks_the_desk_is_filled_row_by_row_and_nobody_waits(busy, filled):
    with other() as looking:
        looking.execute("SELECT count(*) FROM casework_loan").fetchall()
        busy.day()
        assert filled == [False]
    assert Case.objects.count() == 40


def test_keys_that_hang_on_more_than_their_text_stay(busy, filled):
    before = shape()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisprimary AND indisunique"
            " AND indrelid = 'casework_loan'::regclass"
        )
        cursor.execute(f"ALTER TABLE casework_loan CLUSTER ON {cursor.fetchone()[0]}")
    busy.day()
    assert filled == [False] and shape() == before
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE casework_loan SET WITHOUT CLUSTER")


def test_who_does_not_own_the_tables_fills_them_row_by_row(db):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE filling_guest")
        cursor.execute(f"GRANT ALL ON {', '.join(filling.TABLES)} TO filling_guest")
        cursor.execute("SET ROLE filling_guest")
        try:
            assert filling.unkeyed(filling.FEW) is None
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP OWNED BY filling_guest")
            cursor.execute("DROP ROLE filling_guest")


@pytest.mark.parametrize("stage", ["contact_points", "loans", "entries", "keyed"])
def test_cut_off_at_any_stage_the_keys_are_on_and_the_desk_is_empty(busy, monkeypatch, stage):
    before, clean = shape(), desk()
    work = getattr(filling, stage)

    def cut(*parts):
        with other() as hand:
            hand.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return work(*parts)

    with monkeypatch.context() as patch:
        patch.setattr(filling, stage, cut)
        with pytest.raises(OperationalError):
            busy.day()
    connection.close()
    assert shape() == before and desk() == clean
    busy.day()
    assert shape() == before and Case.objects.count() == 40


def test_a_row_that_breaks_a_key_is_named_by_the_key_and_nothing_is_written(busy, monkeypatch):
    before, clean = shape(), desk()
    rows = publishing.customer_rows
    monkeypatch.setattr(
        publishing, "customer_rows", lambda *about: (part for one in rows(*about) for part in (one, one))
    )
    with pytest.raises(ShouyueError) as refused:
        busy.day()
    assert refused.value.code == "DAY-006"
    assert "casework_customer" in refused.value.text("en") and "姓" not in refused.value.text("en")
    assert shape() == before and desk() == clean


def test_nobody_signs_in_between_the_keys(busy, monkeypatch):
    """Who comes while the desk is being filled waits for it, and then sees it whole."""
    seen: list[int] = []

    def look() -> None:
        with other() as late:
            seen.append(late.execute("SELECT count(*) FROM casework_customer").fetchone()[0])

    loans, waiting = filling.loans, threading.Thread(target=look)

    def while_waited(parts):
        waiting.start()
        loans(parts)

    monkeypatch.setattr(filling, "loans", while_waited)
    busy.day()
    waiting.join(20)
    assert seen == [Customer.objects.count()] and DailyRun.objects.count() == 1
