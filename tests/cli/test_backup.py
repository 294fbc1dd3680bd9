from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import polars as pl
import psycopg
import pytest

from shouyue.base import database
from shouyue.book.build import build_version

pytestmark = pytest.mark.kill


@pytest.fixture
def file(desk) -> Path:
    return desk.home / "kept" / "backup.tar"


def users(desk) -> set[str]:
    return {line.split()[0] for line in desk.run("user", "list").splitlines()}


def about(file: Path) -> dict:
    with tarfile.open(file) as tar:
        return json.load(tar.extractfile("about.json"))  # type: ignore[arg-type]


def one_loan(desk):
    """The desk's book of a single loan; made again, it is the same version."""
    loans = {"loan_id": ["L1"], "customer_id": ["C1"], "currency": ["CNY"]}
    return build_version(desk.home / "books" / "main", {"loans": pl.DataFrame(loans)})


def changed(file: Path, name: str, content: bytes | None) -> Path:
    """A copy of the backup with one member replaced, or left out."""
    other = file.with_name(f"changed-{name.replace('/', '-')}.tar")
    with tarfile.open(file) as source, tarfile.open(other, "w") as target:
        for member in source.getmembers():
            held = source.extractfile(member)
            data = held.read() if held else b""
            if member.name == name:
                if content is None:
                    continue
                data = content
            member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return other


def test_a_restore_brings_back_what_was_and_takes_away_what_came_after(desk, file):
    desk.run("user", "add", "before", "--role", "auditor")
    desk.run("db", "backup", str(file))
    desk.run("user", "add", "after", "--role", "auditor")
    assert {"before", "after"} <= users(desk)
    desk.run("db", "restore", str(file), "--replace")
    assert "before" in users(desk) and "after" not in users(desk)
    desk.run("audit", "verify")
    assert "db.restore" in desk.run("audit", "show")
    desk.run("db", "restore", str(file), "--replace")  # safe to repeat
    assert "before" in users(desk)


def test_a_backup_of_a_restored_desk_restores_too(desk, file):
    desk.run("user", "add", "second", "--role", "auditor")
    desk.run("db", "backup", str(file), "--force")
    desk.run("db", "restore", str(file), "--replace")
    desk.run("db", "backup", str(file), "--force")
    desk.run("db", "restore", str(file), "--replace")
    assert "second" in users(desk)


def test_only_its_owner_may_read_a_backup(desk, file):
    desk.run("db", "backup", str(file), "--force")
    assert file.stat().st_mode & 0o077 == 0
    assert [p.name for p in file.parent.iterdir() if p.name.startswith(".")] == []


def test_a_backup_is_not_overwritten_by_accident(desk, file):
    desk.run("db", "backup", str(file), "--force")
    assert "OPS-003" in desk.run("db", "backup", str(file), expect=2)


def test_a_desk_that_holds_something_is_not_replaced_by_accident(desk, file):
    desk.run("user", "add", "precious", "--role", "auditor")
    desk.run("db", "backup", str(file), "--force")
    assert "OPS-006" in desk.run("db", "restore", str(file), expect=2)
    assert "precious" in users(desk)


@pytest.mark.parametrize(
    ("member", "content"),
    [("database.dump", b"damaged"), ("database.dump", None), ("about.json", b"{"), ("about.json", b'{"format": 99}')],
)
def test_a_damaged_backup_changes_nothing(desk, file, member, content):
    desk.run("db", "backup", str(file), "--force")
    before = users(desk)
    assert "OPS-004" in desk.run("db", "restore", str(changed(file, member, content)), "--replace", expect=2)
    assert users(desk) == before


def test_what_is_no_archive_is_no_backup(desk):
    other = desk.home / "letter.txt"
    other.write_text("dear reader")
    assert "OPS-004" in desk.run("db", "restore", str(other), "--replace", expect=2)


def test_a_desk_in_use_is_not_replaced(desk, file):
    desk.run("db", "backup", str(file), "--force")
    with psycopg.connect(database.start(desk.home / "postgres")):
        assert "OPS-007" in desk.run("db", "restore", str(file), "--replace", expect=2)


def test_a_whole_desk_moves_to_another_home_with_its_secret_and_books(desk, other_desk, file):
    version = one_loan(desk)
    desk.run("user", "add", "mover", "--role", "auditor")
    assert "main" in desk.run("db", "backup", str(file), "--force", "--books")
    other_desk.run("db", "restore", str(file))
    assert users(other_desk) == users(desk)
    assert (other_desk.home / "secret-key").read_text() == (desk.home / "secret-key").read_text()
    assert (other_desk.home / "secret-key").stat().st_mode & 0o077 == 0
    moved = other_desk.home / "books" / "main"
    assert (moved / "CURRENT").read_text() == version.id
    assert (moved / "versions" / version.id / "manifest.json").exists()


def test_without_the_books_the_backup_names_them(desk, file):
    one_loan(desk)
    desk.run("db", "backup", str(file), "--force")
    assert about(file)["books_included"] is False
    assert [b["name"] for b in about(file)["books"]] == ["main"]


def test_a_secret_from_the_environment_is_not_written_down_and_must_be_the_same(desk, other_desk, file):
    secret = "a secret that lives elsewhere, in fifty characters"
    said = desk.run("db", "backup", str(file), "--force", SHOUYUE_SECRET_KEY=secret)
    assert "SHOUYUE_SECRET_KEY" in said
    with tarfile.open(file) as tar:
        assert "secret-key" not in tar.getnames()
    assert secret.encode() not in file.read_bytes()
    assert "OPS-005" in other_desk.run("db", "restore", str(file), expect=2)
    assert "OPS-005" in other_desk.run("db", "restore", str(file), SHOUYUE_SECRET_KEY="another", expect=2)
    other_desk.run("db", "restore", str(file), SHOUYUE_SECRET_KEY=secret)


def test_migrate_says_when_there_is_nothing_to_do(desk):
    assert "up to date" in desk.run("db", "migrate")


def test_psql_opens_on_the_desk(desk):
    assert desk.run("db", "shell", "--", "-Atc", "SELECT current_database()").strip() == "shouyue"
