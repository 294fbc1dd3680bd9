"""What became of many letters, from a file of the post or the print shop: each row a step of one letter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shouyue.base import cells
from shouyue.base.errors import ShouyueError
from shouyue.messaging import errors
from shouyue.messaging.letters import making
from shouyue.messaging.models import Letter
from shouyue.people.models import User

COLUMNS = ("number", "state")


@dataclass
class Tracked:
    """Each row is counted once: ``done``, or in ``faults`` by its line with what is wrong in zh and en."""

    done: int = 0
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def take_in(lines: Iterable[str], by: User) -> Tracked:
    """CSV with number, state (sent, delivered, returned, cancelled) and, where known, tracking. The same row again
    changes nothing; each is a transaction of its own, so a bad one leaves the others. Raises LETTER-012."""
    tracked = Tracked()
    for line, said in cells.read(lines, COLUMNS, errors.NO_COLUMN):
        try:
            letter = Letter.objects.filter(number=said["number"]).first()
            if letter is None:
                raise errors.NO_LETTER.error()
            state = said["state"].lower()
            if not letter.events.filter(state=state).exists():  # else it was told already
                making.step(letter.pk, state, by, said.get("tracking", ""))
        except ShouyueError as error:
            tracked.faults.append((line, error.zh, error.en))
        else:
            tracked.done += 1
    return tracked
