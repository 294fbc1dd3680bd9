"""What the worker does for reports: the results of experiments once the newest day is published, and comparisons of
conventions that somebody asked for."""

from __future__ import annotations

import structlog
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from shouyue.base.errors import ShouyueError

log = structlog.get_logger("shouyue.reports")


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="experiments", lock="experiments", name="experiments")
def work_out_experiments(timestamp: int) -> str:
    """Work out the results of experiments when a newer day was published; says what it did, for the log."""
    from shouyue.daily.business_day import newest  # every process of the desk loads this module; few run a job
    from shouyue.reports.experiments import results

    if not results.due(newest()):
        return "not due"
    try:
        kept = results.work_out()
    except ShouyueError as error:
        log.warning("experiments not worked out", code=error.code, why=error.en)
        return error.code
    log.info("experiments worked out", experiments=len(kept))
    return "worked out"


@app.task(lock="comparison", name="comparison")
def work_out_comparison(key: str) -> str:
    """Work out a comparison of conventions; what goes wrong is kept for the page."""
    from shouyue.reports import comparisons

    comparisons.work(key)
    return comparisons.find(key).state


def enqueue_comparison(key: str) -> None:
    """Leave it to the worker; one that waits already is not asked for twice."""
    try:
        with transaction.atomic():
            work_out_comparison.configure(queueing_lock=f"comparison-{key}").defer(key=key)
    except AlreadyEnqueued:
        log.info("comparison waits already", key=key)
