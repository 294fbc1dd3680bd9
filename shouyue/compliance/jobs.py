"""What runs by itself: the daily seal of the audit chain."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

log = structlog.get_logger("shouyue.compliance")


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="audit-seal", lock="audit-seal", name="audit-seal")
def seal_audit(timestamp: int) -> str:
    """Seal the days that are over; the roots stand in the log as well, which is kept elsewhere."""
    from shouyue.compliance import sealing  # every process of the desk loads this module; few run a job

    made = sealing.seal_missing()
    for one in made:
        log.info("audit chain sealed", day=one.day.isoformat(), root=str(sealing.Root(one.seq, one.hash)))
    return f"sealed {len(made)}"
