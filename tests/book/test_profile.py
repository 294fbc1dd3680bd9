from __future__ import annotations

import copy

import pytest

from shouyue.base.errors import ShouyueError
from shouyue.book.profile import load, parse, shipped
from shouyue.book.schema import TABLES
from tests.book.conftest import PROFILE


def test_shipped_profiles_are_well_formed():
    assert shipped() == ["demo", "homecredit", "native"]
    for name in shipped():
        assert {"loans", "instalments", "payments"} <= load(name).tables.keys()


def test_native_profile_speaks_of_every_column_of_the_book():
    native = load("native")
    for name, table in TABLES.items():
        assert {c.target for c in native.tables[name].columns} == {f.name for f in table.fields}


FAULTS = {
    "unknown key": (lambda p: p["tables"]["loans"].update(colour="red"), "tables.loans.colour"),
    "unknown table": (lambda p: p["tables"].update(lions={}), "tables.lions"),
    "unknown column": (lambda p: p["tables"]["loans"]["columns"].update(lone_id="x"), "tables.loans.columns.lone_id"),
    "mandatory column without source": (
        lambda p: p["tables"]["loans"]["columns"].pop("customer_id"),
        "tables.loans.columns",
    ),
    "no way to fill a column": (lambda p: p["tables"]["loans"]["columns"].update(store={"unit": "major"}), "store"),
    "two ways to fill a column": (
        lambda p: p["tables"]["loans"]["columns"].update(store={"from": "a", "constant": "b"}),
        "store",
    ),
    "unknown encoding": (lambda p: p["tables"]["loans"].update(encoding="klingon"), "encoding"),
    "unknown unit": (lambda p: p["tables"]["loans"].update(unit="lakh"), "unit"),
    "no date format": (
        lambda p: p["tables"]["loans"]["columns"].update(opened_on={"from": "x", "dates": ["ymd"]}),
        "dates",
    ),
    "path outside the folder": (lambda p: p["tables"]["loans"].update(files=["../../etc/passwd"]), "files"),
    "wrong type": (lambda p: p["tables"]["loans"].update(skip_lines="two"), "skip_lines"),
    "unknown currency": (lambda p: p.update(currency="XXZ"), "currency"),
    "broken pattern": (lambda p: p["tables"]["loans"].update(ignore_lines="("), "ignore_lines"),
    "identity of an unmapped column": (lambda p: p["tables"]["loans"].update(identity=["store"]), "identity"),
    "derived name": (lambda p: p["tables"]["loans"]["columns"].update(loan_id={"derive": "content"}), "loan_id"),
    "no tables": (lambda p: p.update(tables={}), "tables"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_fault_is_found_before_any_file_is_opened_and_its_place_named(kind):
    spoil, place = FAULTS[kind]
    raw = copy.deepcopy(PROFILE)
    spoil(raw)
    with pytest.raises(ShouyueError) as caught:
        parse(raw)
    assert caught.value.code == "BOOK-303" and place in caught.value.en


def test_file_that_is_no_toml_and_profile_that_is_not_there(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("name = [")
    with pytest.raises(ShouyueError, match="BOOK-302"):
        load(path)
    with pytest.raises(ShouyueError, match="BOOK-301"):
        load("nobody")


def test_profile_can_extend_another(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('extends = "native"\n[tables.loans.columns]\nstore = { constant = "S1" }\n')
    column = load(path).tables["loans"].column("store")
    assert column is not None and column.constant == "S1" and not column.sources
    assert load(path).tables["payments"] == load("native").tables["payments"]
    path.write_text(f'extends = "{path}"\n')
    with pytest.raises(ShouyueError, match="BOOK-303"):
        load(path)
