"""`shouyue simulate` and `shouyue simulate play`, as a person runs them."""

import csv
import json
from datetime import UTC, datetime

import polars as pl
from click.testing import CliRunner

from shouyue.base import clock
from shouyue.cli.simulate import simulate
from tests.simulator.books import KEYS, merged, read
from tests.simulator.conftest import DAY


def _run(*args) -> str:
    result = CliRunner().invoke(simulate, [str(a) for a in args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_one_day_lies_flat_and_says_what_it_is(tmp_path):
    said = _run("--loans", 300, "--seed", 2, "--as-of", DAY, "--out", tmp_path / "x", "--truth", tmp_path / "t.csv")
    assert "loans 300" in said
    manifest = json.loads((tmp_path / "x" / "manifest.json").read_text())
    assert manifest["lender"] == {"loans": 300, "seed": 2, "anchor": "2026-11-24"}
    assert manifest["kind"] == "full" and len(manifest["stores"]) == 3
    assert pl.read_parquet(tmp_path / "x" / "loans.parquet").height == 300
    truth = pl.read_csv(tmp_path / "t.csv")
    assert truth.height == 300 and "habitual" in set(truth["temper"])
    assert not list((tmp_path / "x").glob("*truth*"))


def test_first_day_is_the_clocks_business_date(tmp_path):
    with clock.at(datetime(2026, 11, 23, 17, tzinfo=UTC)):  # already the 24th in China
        _run("--loans", 60, "--out", tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["as_of"] == "2026-11-24"


def test_missing_arguments_are_an_input_error(tmp_path):
    assert CliRunner().invoke(simulate, ["--loans", "5"]).exit_code == 2
    assert CliRunner().invoke(simulate, ["--out", str(tmp_path)]).exit_code == 2


def test_smallest_lender_can_be_written(tmp_path):
    for loans in (1, 2, 19):
        _run("--loans", loans, "--as-of", DAY, "--days", 1, "--out", tmp_path / str(loans))
        assert pl.read_parquet(tmp_path / str(loans) / "2026-11-24" / "loans.parquet").height == loans


def _contacts(file, rows):
    with file.open("w", newline="", encoding="utf-8") as lines:
        out = csv.DictWriter(lines, ["customer_id", "at", "channel", "reached", "promise_on", "promise_minor"])
        out.writeheader()
        out.writerows(rows)


def test_days_are_played_from_folder_to_folder(tmp_path):
    _run("--loans", 2000, "--seed", 3, "--as-of", DAY, "--out", tmp_path / "d0")
    book = read(tmp_path / "d0", DAY)
    late = book.active_on(DAY).filter(pl.col("dpd") > 0)["customer_id"].unique(maintain_order=True)
    tries = [{"customer_id": c, "at": "2026-11-24T14:00:00+08:00", "channel": "call"} for c in late]
    _contacts(tmp_path / "tries.csv", tries)
    source = ("--from", tmp_path / "d0", "--day", "2026-11-24", "--contacts", tmp_path / "tries.csv")
    said = _run("play", *source, "--out", tmp_path / "d1")
    assert "payments" in said
    answers = pl.read_csv(tmp_path / "d1" / "played.csv")
    assert answers.height == len(tries) and answers["reached"].is_not_null().all()
    assert answers["promise_on"].is_not_null().any()
    _run("play", "--from", tmp_path / "d1", "--day", "2026-11-25", "--out", tmp_path / "d2")
    _run("play", *source, "--out", tmp_path / "again")
    assert (tmp_path / "again" / "payments.parquet").read_bytes() == (tmp_path / "d1" / "payments.parquet").read_bytes()
    two = merged(merged(book, read(tmp_path / "d1", DAY)), read(tmp_path / "d2", DAY))
    assert two.payments["booked_on"].max().isoformat() == "2026-11-26"
    assert two.payments.select(KEYS["payments"]).is_duplicated().sum() == 0
    assert pl.read_csv(tmp_path / "d2" / "played.csv").height == len(tries)


def test_a_wrong_contacts_file_is_named_by_line_and_field(tmp_path):
    _run("--loans", 60, "--as-of", DAY, "--out", tmp_path / "d0")
    for row, code in (
        ({"customer_id": "C000000000", "at": "soon"}, "SIM-005"),
        ({"customer_id": "C000000000", "at": "2026-11-23T14:00:00+08:00"}, "SIM-005"),
        ({"customer_id": "C000000000", "at": "2026-11-24T14:00", "promise_minor": "1.5"}, "SIM-005"),
        ({"customer_id": "C000000999", "at": "2026-11-24T14:00"}, "SIM-002"),
    ):
        _contacts(tmp_path / "bad.csv", [row])
        args = ["play", "--from", tmp_path / "d0", "--day", DAY, "--contacts", tmp_path / "bad.csv", "--out"]
        result = CliRunner().invoke(simulate, [*map(str, args), str(tmp_path / "d1")])
        assert getattr(result.exception, "code", None) == code, row
    assert not (tmp_path / "d1").exists()
