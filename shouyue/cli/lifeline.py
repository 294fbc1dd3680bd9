"""A child process that must not outlive its parent, however the parent ends."""

from __future__ import annotations

import os
import signal
import threading
import time

#: environment variable with the process id of the one whose death ends the others
PARENT = "SHOUYUE_PARENT"


def hold() -> None:
    """End this process soon after the one named by ``SHOUYUE_PARENT`` has gone, be it before we got here.

    Without that name, or under it in the second generation, do nothing. It also leaves the parent's group, so that
    Ctrl-C reaches the parent alone, which then stops its children in order.
    """
    text = os.environ.get(PARENT, "")
    if text.isdigit() and (int(text) == os.getppid() or not lives(int(text))):
        if os.getpgid(0) != os.getpid():
            os.setpgid(0, 0)
        threading.Thread(target=_watch, args=(int(text),), name="lifeline", daemon=True).start()


def lives(pid: int) -> bool:
    """Is there such a process, whoever owns it?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
    os.kill(os.getpid(), signal.SIGKILL)
