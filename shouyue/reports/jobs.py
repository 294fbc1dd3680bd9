"""What runs by itself: the results of experiments, once the newest day is published."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

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
