"""A trial as the desk asks for one: it is written down, worked by the worker, and can be taken up where it stopped."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

import structlog
from django.db import transaction

from shouyue.ageing import convention as conventions
from shouyue.base import clock, settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.compliance import audit
from shouyue.daily import strategies
from shouyue.daily.models import TrialRun
from shouyue.daily.trial import run
from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.strategy import Strategy

log = structlog.get_logger("shouyue.daily")
#: after so long without getting further a trial has stopped, and may be taken up again
STILL = timedelta(minutes=3)
#: days for which the rows of a trial are kept: they name customers
KEEP_DAYS = 90
#: seconds between two notes of how far it is
_NOTED = 0.5

STOPPED = Code("TRY-004", zh="试算意外中断，可以继续", en="the trial stopped unexpectedly; it can be taken up again")
NOT_STOPPED = Code("TRY-005", zh="试算仍在进行或已完成", en="the trial is still going on, or finished")


def folder(trial: UUID) -> Path:
    """Where a trial's rows lie."""
    return settings.home() / "trials" / str(trial)


@transaction.atomic
def ask(
    by: User,
    trial: UUID,
    book: str,
    as_of: date,
    base: str,
    candidate: str,
    convention: str = "default",
    rep_minutes: int | None = None,
) -> TrialRun:
    """Write the question down and hand it to the worker; the same id again is the same trial.

    A name stands for what the desk works by on the day, now. Raises STRAT-001 to -003, REL-002, AGE-…, DAY-005 where
    it cannot be asked, PEOPLE-001.
    """
    require(by, "trial.run")
    if found := TrialRun.objects.filter(pk=trial).first():
        return found
    before, after = (strategies.named(text, as_of) for text in (base, candidate))
    conventions.load(convention)
    run.version_of(run.Question(book, as_of, before, after))
    made = TrialRun.objects.create(
        id=trial,
        asked_by=by,
        asked_at=clock.now(),
        book=book,
        as_of=as_of,
        base=_name(before),
        candidate=_name(after),
        convention=convention,
        rep_minutes=rep_minutes,
    )
    told = {"book": book, "as_of": as_of, "base": before.id, "candidate": after.id}
    audit.record("trial.ask", f"trial:{trial}", told, by)
    _hand_over(trial)
    return made


def _name(strategy: Strategy) -> str:
    return strategy.name if strategy.released is None else f"{strategy.name}#{strategy.released}"


def _hand_over(trial: UUID) -> None:
    from shouyue.daily.jobs import try_out

    try_out.defer(trial=str(trial))


@transaction.atomic
def again(by: User, trial: UUID) -> None:
    """Take up a trial that failed or stopped, behind the parts that are done. Raises TRY-005."""
    require(by, "trial.run")
    found = TrialRun.objects.select_for_update().get(pk=trial)
    if not (found.state == TrialRun.State.FAILED or stopped(found)):
        raise NOT_STOPPED.error()
    found.state, found.moved_at, found.code = TrialRun.State.WAITING, None, ""
    found.save(update_fields=["state", "moved_at", "code"])
    _hand_over(trial)


def stopped(trial: TrialRun) -> bool:
    """Has nothing moved for so long that its worker must have gone?"""
    still = trial.moved_at is not None and clock.now() - trial.moved_at > STILL
    return trial.state == TrialRun.State.RUNNING and still


def work(trial: UUID) -> str:
    """Work a trial out; says what became of it, for the log. One that is done stays done."""
    found = TrialRun.objects.filter(pk=trial).first()
    if found is None or found.state == TrialRun.State.DONE:
        return "nothing to do"
    _note(trial, state=TrialRun.State.RUNNING, stage=run.STAGES[0], done=0, whole=1)
    try:
        asked = run.Question(
            found.book,
            found.as_of,
            _side(found.base, found.as_of),
            _side(found.candidate, found.as_of),
            found.convention,
            rep_minutes=found.rep_minutes,
        )
        run.simulate(asked, folder(trial), progress=_Progress(trial))
    except ShouyueError as error:
        _failed(trial, error)
        return error.code
    except Exception:
        _failed(trial, STOPPED.error())
        raise
    _note(trial, state=TrialRun.State.DONE, finished_at=clock.now())
    return "done"


def _side(text: str, as_of: date) -> Strategy:
    """As it was when it was asked: a plain name is the file's, not what was released since."""
    from shouyue import strategy as files

    return strategies.named(text, as_of) if "#" in text else files.load(text)


def _failed(trial: UUID, error: ShouyueError) -> None:
    _note(trial, state=TrialRun.State.FAILED, code=error.code, zh=error.zh, en=error.en, finished_at=clock.now())


def _note(trial: UUID, **values: object) -> None:
    TrialRun.objects.filter(pk=trial).update(moved_at=clock.now(), **values)


class _Progress:
    """Notes how far the trial is, not more often than anybody looks."""

    def __init__(self, trial: UUID):
        self.trial, self.stage, self.at = trial, "", 0.0

    def __call__(self, stage: str, done: int, whole: int) -> None:
        if stage != self.stage or monotonic() - self.at > _NOTED:
            self.stage, self.at = stage, monotonic()
            _note(self.trial, stage=stage, done=done, whole=max(1, whole))


def result(trial: TrialRun) -> run.Trial | None:
    """What came of a trial; None while it is not done, and when its rows were swept."""
    return run.read(folder(trial.pk)) if trial.state == TrialRun.State.DONE else None


def sweep() -> int:
    """Remove the rows of trials older than ``KEEP_DAYS``; how many."""
    old = TrialRun.objects.filter(asked_at__lt=clock.now() - timedelta(days=KEEP_DAYS))
    gone = [path for pk in old.values_list("pk", flat=True) if (path := folder(pk)).is_dir()]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)
