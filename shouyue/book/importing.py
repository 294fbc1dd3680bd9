"""Import: a lender's files, or his database, through a profile, into the next version of a book.

What a profile's queries give is laid down in files first (``shouyue.book.databases``), so that the database is held no
longer than it takes to read it. Then, one table after the other: its files are read in chunks, parsed, bad rows
quarantined, good rows written down by shard; then shard by shard they are made unique, joined to their loans, put in
order and written. Memory holds a chunk and a shard, and the loans' numbers. Loans come first, since the others need
them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from shouyue.book import faults, following
from shouyue.book.control import Totals
from shouyue.book.databases import Fetched, fetch
from shouyue.book.databases.fetching import Fetching
from shouyue.book.loading import TableLoad, Upon
from shouyue.book.profile import Profile
from shouyue.book.quarantine import Quarantine
from shouyue.book.schema import LOANS_PER_SHARD, SCHEMA_VERSION, TABLES, shard_count
from shouyue.book.sources.opening import files_of
from shouyue.book.store import Book, Version, VersionWriter, file_digest

#: loans first: every child asks for them
ORDER = ("loans", "customers", "contacts", "instalments", "charges", "payments", "pauses", "balances")

#: called with what is being done (a table's name) and how much of all is done, from 0 to 1
Progress = Callable[[str, float], None]


@dataclass
class Outcome:
    """What an import did. ``version`` is None only where nothing could be imported."""

    version: Version
    totals: dict[str, Totals]
    #: the book had this already: no new version was made
    repeated: bool = False
    quarantine: Path | None = None
    codes: dict[str, int] = field(default_factory=dict)
    #: files in the folder that the profile does not speak of
    unused: list[str] = field(default_factory=list)
    #: tables of the profile for which the folder has no file
    absent: list[str] = field(default_factory=list)

    @property
    def quarantined(self) -> int:
        return sum(t.quarantined for t in self.totals.values())

    @property
    def exit_code(self) -> int:
        return 3 if self.quarantined else 0


def import_folder(
    folder: Path | None,
    profile: Profile,
    book_path: Path,
    *,
    append: bool = False,
    day: date | None = None,
    after: str | None = None,
    quarantine_dir: Path | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Read the files of ``folder``, and what the profile's queries give, into the book's next version.

    ``folder`` may be None where every table of the profile has a query. ``append``: the rows are news on top of the
    current version (docs/import.md), else they are the whole book. ``day`` is the day they are of (else as the
    profile's ``[delta]`` says), ``after`` the version, or its day, that news must follow. Raises a fault of BOOK-2xx,
    or BOOK-002, when nothing is imported; the book is then as before.
    """
    by_file = [t.name for t in profile.tables.values() if t.query is None]
    if folder is None and by_file:
        raise faults.NO_FOLDER_GIVEN.error(profile=profile.name, table=by_file[0])
    if folder is not None and not folder.is_dir():
        raise faults.NO_FOLDER.error(folder=folder)
    book = Book(book_path)
    with book.lock(), _disk(), _aside(book) as aside:
        current = book.current()
        if append and current is None:
            raise faults.NO_BOOK.error()
        if append and current and current.currency != profile.currency:
            raise faults.OTHER_MONEY.error(currency=profile.currency, book=current.currency)
        sources = _sources(folder, profile, append)
        day = following.day_of(day, profile.delta, folder, [s.name for s in sources])
        if append and current is not None:
            if again := _taken_before(book, profile, sources, day):
                return _as_before(again, quarantine_dir, current)
            following.check(profile, current, day, after)
        moments = {"day": day, "since": following.book_day(current)}
        fetched = fetch(profile, moments, aside / "queries", _telling(progress))
        if fetched:
            sources, progress = [*sources, *map(_as_file, fetched)], _second_half(progress)
        if not sources:
            raise faults.NOTHING_FOUND.error()
        digest = import_digest(profile, sources, append, day)
        if current is not None and current.manifest.get("import_digest") == digest:
            return _as_before(current, quarantine_dir)
        run = _Run(folder, profile, book, current, append, day, sources, digest, quarantine_dir, progress)
        return run.outcome(aside)


def _taken_before(book: Book, profile: Profile, sources: list[SourceFile], day: date | None) -> Version | None:
    """The version that these very files of this day made.

    Of queries one cannot tell before they have run; and files of no day may say the same on two days, with another
    change between them.
    """
    if profile.queries or not sources or day is None:
        return None
    return following.taken_before(book, import_digest(profile, sources, True, day))


@contextmanager
def _aside(book: Book) -> Iterator[Path]:
    """A folder for what lies between source and shard; gone when the block ends, and swept away when it could not."""
    aside = book.path / "tmp-import"
    aside.mkdir(mode=0o700)
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _telling(progress: Progress | None) -> Fetching:
    """Reading the database is taken for half of the work."""

    def told(table: str, rows: int, share: float | None) -> None:
        if progress:
            progress(f"{table} ← {rows:,}", (share or 0.0) / 2)

    return told


def _second_half(progress: Progress | None) -> Progress | None:
    return (lambda table, done: progress(table, 0.5 + done / 2)) if progress else None


@dataclass(frozen=True)
class SourceFile:
    table: str
    path: Path
    name: str
    bytes: int
    sha256: str
    stamp: int
    #: of a query: rows it gave, and what the server calls itself
    rows: int | None = None
    server: str | None = None

    def about(self) -> dict[str, Any]:
        """For the manifest."""
        said = {"table": self.table, "file": self.name, "bytes": self.bytes, "sha256": self.sha256}
        return said if self.server is None else {**said, "rows": self.rows, "server": self.server}


def _as_file(fetched: Fetched) -> SourceFile:
    stat = fetched.path.stat()
    name = f"query:{fetched.table.name}"
    digest = file_digest(fetched.path)
    return SourceFile(
        fetched.table.name, fetched.path, name, stat.st_size, digest, stat.st_mtime_ns, fetched.rows, fetched.server
    )


def _sources(folder: Path | None, profile: Profile, append: bool) -> list[SourceFile]:
    """Every file the profile names, with its digest. Raises BOOK-202, -207."""
    found: list[SourceFile] = []
    for name, table in profile.tables.items():
        if table.query is not None or folder is None:
            continue
        files = files_of(folder, table)
        if not files and TABLES[name].mandatory and not append:
            raise faults.NO_FILES.error(table=name, files=", ".join(table.files))
        for path in files:
            stat = path.stat()
            if stat.st_size == 0:
                raise faults.EMPTY_FILE.error(file=path.name)
            relative = path.relative_to(folder).as_posix()
            found.append(SourceFile(name, path, relative, stat.st_size, file_digest(path), stat.st_mtime_ns))
    for name, table in TABLES.items():
        if table.mandatory and name not in profile.tables and not append:
            raise faults.NO_FILES.error(table=name, files="–")
    return found


def import_digest(profile: Profile, sources: list[SourceFile], append: bool, day: date | None = None) -> str:
    """What makes two imports the same: profile, files by content, how they are taken in, and the day they are of."""
    said = [SCHEMA_VERSION, profile.digest(), append, sorted((s.table, s.name, s.sha256) for s in sources)]
    said += [day.isoformat()] if day else []
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _as_before(version: Version, quarantine_dir: Path | None, current: Version | None = None) -> Outcome:
    """What the import that made ``version`` said; the book stays at ``current``."""
    control = version.manifest.get("control") or {}
    refused = version.quarantine()
    kept = _handed_over(refused, quarantine_dir, version.id) if refused else None
    return Outcome(
        current or version,
        {name: Totals.from_dict(t) for name, t in control.items()},
        repeated=True,
        quarantine=kept,
        codes=version.manifest.get("codes") or {},
    )


def _handed_over(quarantine: Path, folder: Path | None, version_id: str) -> Path:
    """The quarantine file, copied to where the user wants it (readable by him alone)."""
    if folder is None:
        return quarantine
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"quarantine-{version_id}.csv"
    copy.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    shutil.copyfile(quarantine, copy)
    return copy


@contextmanager
def _disk() -> Iterator[None]:
    """A full or read-only disk is told as a fault."""
    try:
        yield
    except OSError as why:
        if why.errno in (28, 30, 122, 13):  # no space, read-only, quota, permission
            raise faults.NO_SPACE.error(why=why.strerror) from None
        raise


@dataclass
class _Run:
    folder: Path | None
    profile: Profile
    book: Book
    current: Version | None
    append: bool
    day: date | None
    sources: list[SourceFile]
    digest: str
    quarantine_dir: Path | None
    progress: Progress | None

    def outcome(self, aside: Path) -> Outcome:
        quarantine = Quarantine(aside / "quarantine.csv")
        loads = [self._load(name, aside, quarantine) for name in ORDER]
        loans, customers = loads[0], loads[1]
        loans.read(self._share)
        shards = self._shards(loans.totals.read)
        for load in loads:
            load.open_stage(shards)
        parent = self.current if self.append else None
        totals: dict[str, Totals] = {}
        with VersionWriter(self.book, shards, self.profile.currency, parent) as writer:
            for load in loads:
                if load is not loans:
                    load.read(self._share)
                load.shelve(writer, parent, loans, self._share, customers)
                if load.files:
                    load.totals.balance(load.spec.name)
                    totals[load.spec.name] = load.totals
                if load is loans and writer.rows("loans") == 0:
                    raise self._nothing(quarantine)
            self._unchanged_sources()
            quarantine.close()
            if self.current is not None and self._says_nothing_new(writer, self.current):
                return self._nothing_new(self.current, totals, quarantine)
            if quarantine.rows:
                quarantine.path.rename(writer.path / "quarantine.csv")
            version = writer.commit(**self._about(totals, quarantine))
        kept = version.quarantine()
        return Outcome(
            version,
            totals,
            quarantine=_handed_over(kept, self.quarantine_dir, version.id) if kept else None,
            codes=dict(sorted(quarantine.codes.items())),
            unused=self._unused(),
            absent=[] if self.append else [name for name in self.profile.tables if name not in totals],
        )

    def _says_nothing_new(self, writer: VersionWriter, current: Version) -> bool:
        """The book has all this. A query promises no order, so it is the shards that are compared, not the rows."""
        if writer.content() != current.manifest["content"]:
            return False
        if self.append and self.day not in (None, following.book_day(current)):
            return False  # a day without news is a day
        alike = (current.manifest.get("profile") or {}).get("digest") == self.profile.digest()
        return self.append or (alike and bool(self.profile.queries))

    def _load(self, name: str, aside: Path, quarantine: Quarantine) -> TableLoad:
        table = self.profile.tables.get(name)
        files = [(s.path, s.name) for s in self.sources if s.table == name]
        upon = Upon(self.day) if self.append else None
        return TableLoad(self.profile, table, TABLES[name], files, aside / name, quarantine, upon)

    def _shards(self, loans: int) -> int:
        """A book keeps its number of shards while they are of bearable size."""
        wanted = shard_count(loans)
        if self.current is None:
            return wanted
        bearable = self.current.shards * LOANS_PER_SHARD * 4 >= loans and self.current.shards <= wanted * 4
        return self.current.shards if self.append or bearable else wanted

    def _share(self, table: str, file: str | None, done: float) -> None:
        """Progress by bytes of source files; reading is taken for two thirds of the work."""
        if not self.progress:
            return
        whole = sum(s.bytes for s in self.sources)
        before = sum(s.bytes for s in self.sources if ORDER.index(s.table) < ORDER.index(table))
        mine = [s for s in self.sources if s.table == table]
        read = 0.0
        for source in mine:
            if source.name == file:
                read += source.bytes * done
                break
            read += source.bytes
        made = sum(s.bytes for s in mine) * done / 3 if file is None else 0
        self.progress(table, (before + read * 2 / 3 + made) / whole)

    def _unchanged_sources(self) -> None:
        for source in self.sources:
            try:
                stat = source.path.stat()
            except FileNotFoundError:
                stat = None
            if stat is None or (stat.st_size, stat.st_mtime_ns) != (source.bytes, source.stamp):
                raise faults.CHANGED.error(file=source.name)

    def _about(self, totals: dict[str, Totals], quarantine: Quarantine) -> dict[str, Any]:
        return {
            "profile": {"name": self.profile.name, "digest": self.profile.digest()},
            "sources": [s.about() for s in self.sources],
            "import_digest": self.digest,
            "appended": self.append,
            **following.about(self.day, self.current, self.append),
            "control": {name: t.as_dict() for name, t in totals.items()},
            "codes": dict(sorted(quarantine.codes.items())),
        }

    def _keep_apart(self, quarantine: Quarantine) -> Path:
        """A quarantine file of an import that made no version."""
        quarantine.close()
        rejected = self.book.path / "rejected"
        rejected.mkdir(exist_ok=True, mode=0o700)
        place = rejected / f"quarantine-{self.digest[:12]}.csv"
        quarantine.path.rename(place)
        return _handed_over(place, self.quarantine_dir, self.digest[:12])

    def _nothing(self, quarantine: Quarantine) -> Exception:
        return faults.NO_LOAN_LEFT.error(quarantine=self._keep_apart(quarantine))

    def _nothing_new(self, parent: Version, totals: dict[str, Totals], quarantine: Quarantine) -> Outcome:
        place = self._keep_apart(quarantine) if quarantine.rows else None
        return Outcome(parent, totals, repeated=True, quarantine=place, codes=dict(quarantine.codes))

    def _unused(self) -> list[str]:
        if self.folder is None:
            return []
        used = {s.path for s in self.sources}
        return sorted(
            p.relative_to(self.folder).as_posix()
            for p in self.folder.iterdir()
            if p.is_file() and p not in used and not p.name.startswith(".")
        )
