"""How many contacts a second the gate decides, with many at once for the same few people, and none over budget.

    SHOUYUE_HOME=/tmp/bench-gate python bench/gate.py [--workers 50] [--people 20] [--seconds 10]

Prints decisions a second, latency of one reservation (50th and 95th percentile) and of one audit entry, and the
highest count any person reached. It writes into a scratch database ``test_bench_gate`` that it drops again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shouyue.web.settings")

AT = datetime.fromisoformat("2026-11-24T10:00:00+08:00")


def run(workers: int, seconds: float, work: Callable[[int], None]) -> tuple[int, list[float]]:
    """Call ``work(worker)`` over and over in threads; how often, and how long each took in milliseconds."""
    from django.db import connection

    took: list[float] = []
    faults: list[BaseException] = []
    ends = 0.0

    def start_clock() -> None:
        nonlocal ends
        ends = time.perf_counter() + seconds

    begin = threading.Barrier(workers, action=start_clock)

    def loop(worker: int) -> None:
        mine: list[float] = []
        try:
            connection.ensure_connection()
            begin.wait()
            while (start := time.perf_counter()) < ends:
                work(worker)
                mine.append((time.perf_counter() - start) * 1000)
        except BaseException as fault:
            faults.append(fault)
            begin.abort()
        finally:
            took.extend(mine)
            connection.close()

    threads = [threading.Thread(target=loop, args=(i,)) for i in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return len(took), took


def say(what: str, count: int, took: list[float], seconds: float) -> None:
    cuts = statistics.quantiles(took, n=20)
    print(f"{what:<44} {count / seconds:>8.0f} a second   p50 {cuts[9]:.2f} ms   p95 {cuts[18]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10)
    args = parser.parse_args()
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = "test_bench_gate"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        measure(args)
    finally:
        connection.creation.destroy_test_db("shouyue", verbosity=0)


def measure(args: argparse.Namespace) -> None:
    from django.db import transaction
    from django.db.models import Count

    from shouyue.compliance import audit, gate
    from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision

    Kind = AttemptOutcome.Kind
    kinds = [Kind.NOT_CONNECTED, Kind.UNANSWERED, Kind.ANSWERED, Kind.CONVERSATION]
    missed = [Kind.NOT_CONNECTED, Kind.UNANSWERED]

    def question(person: str, staff: int | None, minutes: int = 0, **more) -> gate.Question:
        at = AT + timedelta(minutes=minutes)
        plain = {"channel": "call", "number": f"555-{person}"}
        return gate.Question(
            person=person, purpose="collection", at=at, zone="Asia/Shanghai", staff_id=staff, **{**plain, **more}
        )

    def contend(worker: int) -> None:
        attempt_id = uuid4()
        person = f"p{attempt_id.int % args.people}"
        # the same people by the desk, by a machine, and by an agency, on two numbers each
        who = (("call", 1, ""), ("voice", None, ""), ("call", None, "north"))[worker % 3]
        number = f"555-{person}-{attempt_id.int // 3 % 2}"
        asked = question(person, who[1], channel=who[0], agency=who[2], number=number)
        with transaction.atomic():
            reservation = gate.reserve(asked, attempt_id)
        if reservation.attempt is not None:
            gate.report(attempt_id, kinds[attempt_id.int // 7 % len(kinds)], AT, who[1])

    def alone(worker: int) -> None:
        attempt_id = uuid4()
        with transaction.atomic():
            gate.reserve(question(f"n{attempt_id.int % 10**12}", 1), attempt_id)

    def write(worker: int) -> None:
        audit.record("bench.entry", f"case:{worker}", {"contact": str(uuid4()), "reached": "self"}, None)

    def desk(worker: int) -> None:
        attempt_id = uuid4()
        with transaction.atomic():
            gate.reserve(question(f"d{attempt_id.int % 10**12}", 1), attempt_id)
            audit.record("contact.start", f"case:{worker}", {"contact": str(attempt_id)}, None)

    say("reserve, one worker, many people", *run(1, args.seconds / 2, alone), args.seconds / 2)
    say(
        f"reserve, {args.workers} workers, {args.people} people",
        *run(args.workers, args.seconds, contend),
        args.seconds,
    )
    say(f"reserve, {args.workers} workers, many people", *run(args.workers, args.seconds, alone), args.seconds)
    say("audit entry, one worker", *run(1, args.seconds / 2, write), args.seconds / 2)
    say(f"reserve and audit entry, {args.workers} workers", *run(args.workers, args.seconds, desk), args.seconds)
    began = time.perf_counter()
    questions = [question(f"p{i % args.people}", 1, i) for i in range(150)]
    gate.preview_many(questions)
    print(f"{'preview of 150 people in one query':<44} {(time.perf_counter() - began) * 1000:>8.1f} ms")
    began = time.perf_counter()
    report = audit.verify()
    print(f"{'audit verify':<44} {report.entries / (time.perf_counter() - began):>8.0f} entries a second")
    talks = (
        Attempt.objects.filter(outcomes__kind="conversation", person__key__startswith="p")
        .values("person")
        .annotate(n=Count("id"))
    )
    dials = (
        Attempt.objects.filter(outcomes__kind__in=missed, person__key__startswith="p")
        .values("number_key")
        .annotate(n=Count("id"))
    )
    most, rung = (max((row["n"] for row in rows), default=0) for rows in (talks, dials))
    print(f"{'most conversations with one person':<44} {most:>8} of 3; {GateDecision.objects.count()} decisions stored")
    print(f"{'most missed dials on one number':<44} {rung:>8} of 6")
    assert report.ok and most <= 3 and rung <= 6


if __name__ == "__main__":
    main()
