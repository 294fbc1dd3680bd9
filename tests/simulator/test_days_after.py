"""Days after the first: a day's full export is the day before plus the day's delta."""

import json
from datetime import timedelta

import pytest

from shouyue.simulator import export
from shouyue.simulator.size import Lender
from tests.simulator.books import KEYS, merged, read
from tests.simulator.conftest import DAY

LENDER = Lender(2_500, 11, DAY)
DAYS = 12


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    out = tmp_path_factory.mktemp("days")
    export.write(LENDER, out / "delta", DAYS)
    export.write(LENDER, out / "full", DAYS, full=True)
    return out


def test_a_folder_per_day(folders):
    names = [(DAY + timedelta(days=n)).isoformat() for n in range(DAYS + 1)]
    assert sorted(f.name for f in (folders / "delta").iterdir()) == names


def test_day_plus_delta_is_the_next_day(folders):
    book = read(folders / "delta" / DAY.isoformat(), DAY)
    for n in range(1, DAYS + 1):
        day = DAY + timedelta(days=n)
        book = merged(book, read(folders / "delta" / day.isoformat(), day))
        whole = read(folders / "full" / day.isoformat(), day)
        for name, key in KEYS.items():
            assert book.tables[name].equals(whole.tables[name].sort(key)), (day, name)


def test_delta_holds_the_days_news_only(folders):
    day = DAY + timedelta(days=3)
    delta = read(folders / "delta" / day.isoformat(), day)
    assert 10 < delta.payments.height < 300
    assert (delta.payments["booked_on"] == day).all()
    assert (delta.loans["opened_on"] == day).sum() == LENDER.later_per_day
    assert delta.loans.height < 60
    manifest = json.loads((folders / "delta" / day.isoformat() / "manifest.json").read_text())
    assert manifest["kind"] == "delta" and manifest["since"] == (day - timedelta(days=1)).isoformat()
    assert manifest["rows"]["payments"] == delta.payments.height
    assert manifest["money_minor"]["payments"] == delta.payments["amount_minor"].sum()


def test_empty_tables_are_left_out_of_a_delta_and_kept_in_a_full_export(folders):
    for folder in (folders / "delta").iterdir():
        rows = json.loads((folder / "manifest.json").read_text())["rows"]
        if folder.name != DAY.isoformat():
            assert {f.stem for f in folder.glob("*.parquet")} == {name for name, count in rows.items() if count}
    for folder in (folders / "full").iterdir():
        assert len(list(folder.glob("*.parquet"))) == len(KEYS)


def test_first_day_does_not_depend_on_the_days_after(folders, tmp_path):
    export.write(LENDER, tmp_path)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (folders / "delta" / DAY.isoformat() / file.name).read_bytes()


def test_a_settled_loan_comes_again_with_the_interest_alone_that_has_run(folders):
    book = read(folders / "delta" / DAY.isoformat(), DAY)
    seen = 0
    for n in range(1, DAYS + 1):
        day = DAY + timedelta(days=n)
        delta = read(folders / "delta" / day.isoformat(), day)
        again = delta.instalments.join(book.instalments, on=KEYS["instalments"], suffix="_before")
        seen += again.height
        assert (again["interest_minor"] < again["interest_minor_before"]).all()
        running = again.filter(again["interest_minor"] > 0)
        assert running["loan_id"].is_unique().all() and (running["due_date"] > day).all()
        assert (again["principal_minor"] == again["principal_minor_before"]).all()
        closed = delta.loans.filter(delta.loans["closed_on"] == day)["loan_id"]
        assert again["loan_id"].is_in(closed.implode()).all()
    assert seen > 5
