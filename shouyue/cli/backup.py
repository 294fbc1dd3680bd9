"""A backup: the database as of one moment, the secret its digests are keyed with, and which books belong to it.

One file, a tar archive, readable by its owner only (it holds personal data and the secret):

``about.json``      when, by which version, the books and their versions, checksum of the dump
``secret-key``      only when the secret lives in ``SHOUYUE_HOME``; one given by the environment is not written down
``database.dump``   what pg_dump wrote in its own format: one consistent snapshot, taken while the desk works
``books/…``         on request; a book never changes, so copying the folder by other means is as good

A restore happens in one transaction: it is done or it is not.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shouyue import __version__
from shouyue.base import clock, database, files, settings
from shouyue.base.errors import Code
from shouyue.cli import desk

FORMAT = 1
CHUNK = 1 << 20

EXISTS = Code("OPS-003", zh="{file} 已存在；覆盖请加 --force", en="{file} exists; to replace it, add --force")
NO_BACKUP = Code("OPS-004", zh="{file} 不是完整的守约备份：{why}", en="{file} is no whole backup of Shouyue: {why}")
OTHER_KEY = Code(
    "OPS-005",
    zh="备份使用另一个密钥；请把 SHOUYUE_SECRET_KEY 设为备份时的密钥，否则每人的联系次数将无法对应",
    en="the backup was made under another secret; set SHOUYUE_SECRET_KEY to that one, or nobody's contacts can be "
    "matched to him any more",
)
NOT_EMPTY = Code(
    "OPS-006",
    zh="数据库中已有数据；整体替换请加 --replace",
    en="the database holds something; to replace all of it, add --replace",
)
IN_USE = Code(
    "OPS-007",
    zh="数据库还有 {count} 个连接，请先停止工作台和后台任务",
    en="the database has {count} other connections; stop the desk and the worker first",
)
FAILED = Code("OPS-008", zh="{program} 失败：{tail}", en="{program} failed: {tail}")


def write(file: Path, with_books: bool = False, force: bool = False) -> dict[str, Any]:
    """Write a backup to ``file`` and return its ``about.json``. Django must be set up. Raises OPS-003, OPS-008."""
    from shouyue.compliance import audit

    if file.exists() and not force:
        raise EXISTS.error(file=file)
    file.parent.mkdir(parents=True, exist_ok=True)
    moment = clock.now()
    audit.record("db.backup", "db:shouyue", {"books": with_books}, None, moment)
    with _aside(file) as folder:
        dump, archive = folder / "database.dump", folder / "archive"
        run("pg_dump", "--format=custom", "--schema=public", "--no-owner", "--no-privileges", f"--file={dump}")
        key = settings.home() / "secret-key"
        kept = key.exists() and not os.environ.get("SHOUYUE_SECRET_KEY")
        about = {
            "format": FORMAT,
            "shouyue": __version__,
            "made_at": moment.isoformat(timespec="seconds"),
            "dump_sha256": _digest(dump),
            "key_kept": kept,
            "key_mark": key_mark(),
            "books": list(_books()),
            "books_included": with_books,
        }
        archive.touch(mode=0o600)
        with tarfile.open(archive, "w") as tar:
            _add_text(tar, "about.json", json.dumps(about, ensure_ascii=False, indent=1))
            if kept:
                _add_text(tar, "secret-key", key.read_text())
            tar.add(dump, "database.dump")
            for book in about["books"] if with_books else []:
                _add_book(tar, book)
        files.flush(archive)
        archive.replace(file)
        files.flush(file.parent)
    return about


def restore(file: Path, replace: bool = False) -> dict[str, Any]:
    """Put the backup in the database's place and return its ``about.json``.

    Raises OPS-004 (no backup, or damaged), OPS-005 (other secret), OPS-006 (something there, without ``replace``),
    OPS-007 (the desk is running), OPS-008.
    """
    with _aside(settings.home() / "restore") as folder, _opened(file) as tar:
        about = _about(tar, file)
        _set_key(tar, about, replace)
        desk.open_desk()
        _refuse_use(replace)
        dump = folder / "database.dump"
        with dump.open("wb") as target:
            shutil.copyfileobj(_member(tar, "database.dump", file), target)
        if _digest(dump) != about["dump_sha256"]:
            raise NO_BACKUP.error(file=file, why="database.dump")
        script = folder / "script.sql"
        run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump), connect=False)
        once = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        run("psql", *once, "--command=DROP SCHEMA public CASCADE", f"--file={script}")
        for book in about["books"]:
            book["restored"] = about["books_included"] and _put_book(tar, book)
    _finish(about)
    return about


def _finish(about: dict[str, Any]) -> None:
    from django.db import connection

    from shouyue.compliance import audit

    connection.close()  # its session knew the tables that are gone
    if desk.behind():
        desk.migrate()
    audit.record("db.restore", "db:shouyue", {"made_at": about["made_at"], "shouyue": about["shouyue"]}, None)


# --- the secret


def key_mark() -> str:
    """Tells two secrets apart without telling either."""
    from django.conf import settings as django_settings

    return hashlib.blake2b(django_settings.SECRET_KEY.encode(), digest_size=16, person=b"shouyue-key").hexdigest()


def _mark_of(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16, person=b"shouyue-key").hexdigest()


def _set_key(tar: tarfile.TarFile, about: dict[str, Any], replace: bool) -> None:
    """Before Django reads it: see that the desk's secret is the backup's, and where it may be, make it so."""
    path = settings.home() / "secret-key"
    given = os.environ.get("SHOUYUE_SECRET_KEY") or (path.read_text() if path.exists() else "")
    if given and _mark_of(given) == about["key_mark"]:
        return
    if not about["key_kept"] or os.environ.get("SHOUYUE_SECRET_KEY") or (given and not replace):
        raise OTHER_KEY.error()
    files.write_bytes(path, _member(tar, "secret-key", Path(str(tar.name))).read(), private=True, flushed=True)


# --- the books


def _books() -> Iterator[dict[str, Any]]:
    from shouyue.book.store import Book

    for path in sorted(settings.books().glob("*")) if settings.books().is_dir() else []:
        if version := Book(path).current():
            yield {"name": path.name, "version": version.id, "versions": Book(path).versions()}


def _add_book(tar: tarfile.TarFile, book: dict[str, Any]) -> None:
    path = settings.books() / book["name"]
    for version in book["versions"]:
        tar.add(path / "versions" / version, f"books/{book['name']}/versions/{version}")
    _add_text(tar, f"books/{book['name']}/CURRENT", book["version"])


def _put_book(tar: tarfile.TarFile, book: dict[str, Any]) -> bool:
    """Bring a book back where there is none of its name; one that is there stays as it is."""
    path = settings.books() / book["name"]
    if path.exists():
        return False
    settings.books().mkdir(parents=True, exist_ok=True, mode=0o700)
    members = [m for m in tar.getmembers() if m.name.startswith(f"books/{book['name']}/")]
    with _aside(path) as folder:
        tar.extractall(folder, members, filter="data")
        (folder / "books" / book["name"]).rename(path)
    return True


# --- reading and writing


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A private folder beside ``path``, gone afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        yield Path(folder)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    if not tarfile.is_tarfile(file):
        raise NO_BACKUP.error(file=file, why="tar")
    with tarfile.open(file) as tar:
        yield tar


def _about(tar: tarfile.TarFile, file: Path) -> dict[str, Any]:
    try:
        about = json.load(_member(tar, "about.json", file))
    except ValueError:
        raise NO_BACKUP.error(file=file, why="about.json") from None
    if about.get("format") != FORMAT:
        raise NO_BACKUP.error(file=file, why=f"format {about.get('format')}")
    return about


def _member(tar: tarfile.TarFile, name: str, file: Path) -> Any:
    try:
        found = tar.extractfile(name)
    except (KeyError, tarfile.TarError):
        found = None
    if found is None:
        raise NO_BACKUP.error(file=file, why=name)
    return found


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- PostgreSQL


def _refuse_use(replace: bool) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchone()[0]  # type: ignore[index]
        cursor.execute("SELECT to_regclass('public.people_user') IS NOT NULL")
        held = False
        if cursor.fetchone() == (True,):
            cursor.execute("SELECT EXISTS (SELECT FROM people_user) OR EXISTS (SELECT FROM compliance_auditentry)")
            held = cursor.fetchone() == (True,)
    connection.close()
    if held and not replace:
        raise NOT_EMPTY.error()
    if others:
        raise IN_USE.error(count=others)


def program(name: str) -> str:
    """PostgreSQL's program of that name: the wheel's, else the machine's."""
    from shouyue.base import embedded
    from shouyue.base.errors import ShouyueError

    try:
        return str(embedded.programs() / name)
    except ShouyueError:
        return shutil.which(name) or name


def run(name: str, *arguments: str, connect: bool = True) -> None:
    """Run one of PostgreSQL's programs on the desk's database. Raises OPS-008.

    The address goes by a service file, not by the command line, where every user of the machine could read the
    password in it.
    """
    with tempfile.TemporaryDirectory(prefix="shouyue-") as folder:
        environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
        if connect:
            service = Path(folder) / "service"
            service.touch(mode=0o600)
            service.write_text(_service(database.url()))
            environment |= {"PGSERVICEFILE": str(service), "PGSERVICE": "desk"}
        done = subprocess.run(
            [program(name), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    if done.returncode:
        # PostgreSQL's DETAIL quotes rows
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if "DETAIL" not in line]
        raise FAILED.error(program=name, tail=" | ".join(said[-3:])[:500])


def _service(address: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    lines = [f"{key}={value}\n" for key, value in conninfo_to_dict(address).items() if value is not None]
    return "[desk]\n" + "".join(lines)
