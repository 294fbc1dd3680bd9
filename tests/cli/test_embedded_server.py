"""The embedded PostgreSQL under what happens to it: kills, rushes, odd paths, root and others."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from shouyue.base import embedded

pytestmark = pytest.mark.kill

JOIN = """
import sys
from pathlib import Path
from shouyue.base import database
address = database.start(Path(sys.argv[1]), {"fsync": "off"})
print(address, flush=True)
if len(sys.argv) > 2:
    sys.stdin.read()
"""


def user_of(pgdata: Path, *more: str, **how) -> subprocess.Popen[str]:
    """A process that uses the server in ``pgdata``; with more arguments it stays until its input ends."""
    command = [sys.executable, "-W", "error", "-c", JOIN, str(pgdata), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def server_pid(pgdata: Path) -> int:
    return int((pgdata / "postmaster.pid").read_text().splitlines()[0])


def lives(pid: int) -> bool:
    """Whether it runs; one that is over and waits to be collected by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def query(address: str, text: str):
    with psycopg.connect(address) as connection:
        return connection.execute(text).fetchone()


@pytest.fixture
def home():
    """Not pytest's own: another run of pytest takes that from PostgreSQL's user in the middle of a test."""
    place = Path(tempfile.mkdtemp(prefix="shouyue-servers-"))
    place.chmod(0o711)
    yield place
    for left in place.rglob("postgresql.conf"):
        embedded.stop(left.parent)
    shutil.rmtree(place)


@pytest.fixture
def pgdata(home: Path) -> Path:
    return home / "postgres"


def test_the_server_stays_while_anybody_uses_it_and_ends_with_the_last(pgdata):
    first, second = user_of(pgdata, "stay"), user_of(pgdata, "stay")
    address = said(first)
    assert said(second) == address
    pid = server_pid(pgdata)
    end(first)
    assert lives(pid) and query(address, "SELECT 1") == (1,)
    end(second)
    assert not lives(pid)


def test_a_killed_user_leaves_it_usable_and_the_next_one_stops_it(pgdata):
    first = user_of(pgdata, "stay")
    address = said(first)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = server_pid(pgdata)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert lives(pid)
    second = user_of(pgdata, "stay")
    assert query(said(second), "SELECT answer FROM kept") == (42,)
    assert server_pid(pgdata) == pid
    end(second)
    assert not lives(pid)


def test_a_killed_server_recovers_what_was_committed(pgdata):
    first = user_of(pgdata, "stay")
    with psycopg.connect(said(first), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server_pid(pgdata), signal.SIGKILL)
    first.kill()
    first.wait()
    second = user_of(pgdata, "stay")
    assert query(said(second), "SELECT answer FROM kept") == (42,)
    end(second)


def test_many_start_it_at_the_same_moment(pgdata):
    rush = [user_of(pgdata, "stay") for _ in range(4)]
    addresses = {said(one) for one in rush}
    assert len(addresses) == 1
    assert query(addresses.pop(), "SELECT count(*) FROM pg_database WHERE datname = 'shouyue'") == (1,)
    for one in rush:
        end(one)
    assert not (pgdata / "postmaster.pid").exists()


def test_a_folder_left_half_made_is_made_again(pgdata):
    aside = pgdata.with_name("postgres.new")
    aside.mkdir()
    (aside / "PG_VERSION").write_text("18")
    one = user_of(pgdata, "stay")
    assert query(said(one), "SELECT 1") == (1,)
    end(one)
    assert not aside.exists()


@pytest.mark.parametrize("name", ["with a space", 'it\'s "quoted", too', "中文目录", "deep/" + "long-name-" * 12])
def test_any_path_will_do(home, name):
    place = home / name / "postgres"
    one = user_of(place, "stay")
    address = said(one)
    assert query(address, "SELECT current_database()") == ("shouyue",)
    end(one)


def test_only_its_owner_and_root_may_enter(pgdata):
    one = user_of(pgdata, "stay")
    address = said(one)
    assert pgdata.stat().st_mode & 0o077 == 0
    assert query(address, "SHOW listen_addresses") == ("",)
    end(one)


def test_text_is_sorted_and_folded_the_same_everywhere(pgdata):
    one = user_of(pgdata, "stay", env={**os.environ, "LC_ALL": "C", "LANG": ""})
    address = said(one)
    assert query(address, "SELECT upper('é'), 'Z' < 'a', pg_encoding_to_char(encoding) FROM pg_database "
                          "WHERE datname = current_database()") == ("É", True, "UTF8")  # fmt: skip
    end(one)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_for_root_and_for_an_ordinary_user(home):
    mine, his = home / "root", home / "plain"
    his.mkdir()
    nobody = pwd.getpwnam("nobody")
    as_nobody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
    try:
        subprocess.run([sys.executable, "-c", "import shouyue, psycopg"], check=True, **as_nobody)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this Python can be run by root only")
    os.chown(his, nobody.pw_uid, nobody.pw_gid)
    one = user_of(mine / "postgres", "stay")
    other = user_of(his / "postgres", "stay", **as_nobody)
    assert query(said(one), "SELECT 1") == (1,)
    assert said(other).startswith("postgresql://")
    assert (mine / "postgres").stat().st_uid not in (0, nobody.pw_uid)
    assert (his / "postgres").stat().st_uid == nobody.pw_uid
    end(one)
    end(other)


def test_a_fork_uses_the_server_on_its_own_account(pgdata):
    code = JOIN.replace("if len", "import os\nif os.fork() == 0:\n    sys.stdin.read()\n    os._exit(0)\nif 0 and len")
    command = [sys.executable, "-c", code, str(pgdata)]
    one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = said(one)
    pid = server_pid(pgdata)
    time.sleep(1)  # the parent has ended, its child reads on
    assert one.poll() == 0
    assert lives(pid) and query(address, "SELECT 1") == (1,)
    one.communicate(timeout=30)
    last = user_of(pgdata)
    end(last)
    assert not lives(pid)
