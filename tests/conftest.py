"""One embedded PostgreSQL for the whole run, in a home of its own that goes when the run ends.

pytest-django makes a database of its own on that server for each xdist worker. ``DATABASE_URL``, when given, is used
instead of the embedded server.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

# Before anything reads Django's settings. Workers of one run share the home, and so the server.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _home = Path(tempfile.mkdtemp(prefix="shouyue-test-"))
    _home.chmod(0o711)
    atexit.register(shutil.rmtree, _home, ignore_errors=True)
    os.environ["SHOUYUE_HOME"] = str(_home)
    os.environ["SHOUYUE_SECRET_KEY"] = "a key for tests and for nothing else, fifty characters"
    os.environ["SHOUYUE_SECOND_FACTOR"] = ""
    os.environ["SHOUYUE_LENDER"] = "测试消费金融有限公司"
    for _name in ("SHOUYUE_BOOKS", "SHOUYUE_NOW", "SHOUYUE_HTTPS", "SHOUYUE_NO_DATABASE"):
        os.environ.pop(_name, None)
    if not os.environ.get("DATABASE_URL"):
        from shouyue.base import database

        # a test survives the death of a process, not of the machine: no waiting for the disk
        _unsafe = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        database.start(database.folder(), _unsafe)
os.environ["DJANGO_SETTINGS_MODULE"] = "shouyue.web.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's synchronous interface runs an event loop

import django

django.setup()  # a conftest.py below may import models at its top

if _worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # the server is chosen by now; books and snapshots are each worker's own
    _own = Path(os.environ["SHOUYUE_HOME"]) / _worker
    _own.mkdir(mode=0o711, exist_ok=True)
    os.environ["SHOUYUE_HOME"] = str(_own)

#: each builds something large once, a desk or a cluster: all its tests go to one worker
ON_ONE_WORKER = {
    "tests/ageing/test_spark.py",
    "tests/cli/test_agency_system.py",
    "tests/cli/test_backup.py",
    "tests/cli/test_core_loop.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_embedded_server.py",
    "tests/cli/test_serve.py",
    "tests/cli/test_user.py",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class OnOneWorker(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            return module if module in ON_ONE_WORKER else nodeid

    return OnOneWorker(config, log)


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data with expected answers, beside the checkout; a stranger's clone may not have it."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is absent: tests on real data are skipped")
    return SHARED
