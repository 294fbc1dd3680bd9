"""How fast are My day and the case page with 200,000 open cases and 200 reps at work?

Fills a database of its own with made-up cases, starts the server, and lets every rep open his list, a case, his list …
with a pause between pages, server and load on the same machine. Prints the answer times of each page. Loopback only; it
stops by itself. ``--cases``, ``--reps``, ``--pause`` and ``--seconds`` change the size.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILL = """
INSERT INTO people_region (name) VALUES ('R');
INSERT INTO people_store (code, name, region_id)
  SELECT 'S' || lpad(s::text, 3, '0'), '门店' || s, (SELECT min(id) FROM people_region) FROM generate_series(1, %(stores)s) s;
INSERT INTO people_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined,
    role, store_id, full_name, language, capacity_minutes)
  SELECT '!', false, 'rep' || u, '', '', '', false, true, now(), 'rep',
    (SELECT id FROM people_store WHERE code = 'S' || lpad((u %% %(stores)s + 1)::text, 3, '0')), '员工' || u, 'zh-hans', 360
  FROM generate_series(1, %(reps)s) u;
INSERT INTO compliance_person (key) SELECT 'bench-' || n FROM generate_series(1, %(cases)s) n;
INSERT INTO casework_customer (customer_id, person_id, store_id, name, id_number, sex, marital_status, occupation, employer,
    address, city, zone, language, vulnerable)
  SELECT 'C' || n, 'bench-' || n, u.store_id, '客户' || n, '000000' || lpad(n::text, 12, '0'), 'F', '已婚', '职员', '某单位',
    '某地址', '某市', 'Asia/Shanghai', 'zh', n %% 50 = 0
  FROM generate_series(1, %(cases)s) n JOIN people_user u ON u.username = 'rep' || (n %% %(reps)s + 1);
INSERT INTO casework_contactpoint (customer_id, phone, phone_end, relation, name, place, rank)
  SELECT id, '100' || lpad((id * 3 + k)::text, 8, '0'), right((id * 3 + k)::text, 4),
    (ARRAY['self', 'self', 'spouse'])[k + 1], '', (ARRAY['mobile', 'work', 'mobile'])[k + 1], k
  FROM casework_customer, generate_series(0, 2) k;
INSERT INTO casework_loan (loan_id, customer_id, product, goods, currency, principal_minor, opened_on, term, debit_account,
    pays_corporate, wants_early_settlement, as_of, dpd, bucket, overdue_minor, oldest_unpaid_due, next_due, next_due_minor,
    outstanding_minor, outstanding_principal_minor, outstanding_interest_minor, outstanding_fee_minor,
    outstanding_penalty_minor, outstanding_late_fee_minor, last_payment_on, last_payment_minor, times_late, lateness, schedule)
  SELECT 'L' || c.id, c.id, '消费贷', '手机', 'CNY', 1200000, %(day)s::date - 200, 12, '8888', false, false, %(day)s,
    c.id %% 60, CASE WHEN c.id %% 60 = 0 THEN 'C' WHEN c.id %% 60 <= 30 THEN 'M1' ELSE 'M2' END, 110000, %(day)s::date - 20,
    %(day)s::date + 10, 110000, 660000, 600000, 60000, 0, 0, 0, %(day)s::date - 50, 110000, 2, '{20,-1,0,3,-2,0}',
    (SELECT jsonb_agg(jsonb_build_object('seq', k, 'due', (%(day)s::date - 200 + 30 * k)::text, 'debit', null,
       'amount', 110000, 'paid', CASE WHEN k < 6 THEN 110000 ELSE 0 END,
       'met_on', CASE WHEN k < 6 THEN (%(day)s::date - 201 + 30 * k)::text END, 'days_late', CASE WHEN k < 6 THEN -1 ELSE 20 END))
     FROM generate_series(1, 12) k)
  FROM casework_customer c;
INSERT INTO casework_case (customer_id, store_id, status, opened_on, close_reason, as_of, strategy, phase, segment, stage,
    treatment, rule, priority, minutes, best_time, hold, reason_zh, reason_en, dpd, bucket, currency, overdue_minor, due_minor,
    next_due, assignee_id, assigned_on, assigned_because_zh, assigned_because_en, last_result, next_action)
  SELECT c.id, c.store_id, 'open', %(day)s::date - 20, '', %(day)s, 'standard@1', 'collection', 'ordinary', 'M1', 'collect', '',
    (random() * 1000000)::int, 6, '13:00-15:00', false, '逾期' || c.id %% 60 || '天，欠 1,100.00 元', 'late', c.id %% 60, 'M1',
    'CNY', 110000, 110000, %(day)s::date + 10, u.id, %(day)s, '', '', '', ''
  FROM casework_customer c JOIN people_user u ON u.username = 'rep' || (replace(c.customer_id, 'C', '')::int %% %(reps)s + 1);
INSERT INTO casework_timelineentry (case_id, at, kind, ref, data)
  SELECT id, now() - k * interval '1 day', (ARRAY['opened', 'allocated', 'note', 'note'])[k], 'bench:' || k,
    jsonb_build_object('text', '第' || k || '条记录', 'as_of', %(day)s)
  FROM casework_case, generate_series(1, 4) k;
INSERT INTO daily_dailyrun (as_of, book, book_version, strategy, strategy_digest, convention, published_at, totals)
  VALUES (%(day)s, 'bench', '1', 'standard@1', '', 'default', now(), '{}');
"""


def fill(cases: int, reps: int) -> list[str]:
    """A desk of that size; returns a signed-in session per rep."""
    import django

    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.core.management import call_command
    from django.db import connection

    from shouyue.base import clock
    from shouyue.people.models import User

    call_command("migrate", verbosity=0)
    values = {"cases": cases, "reps": reps, "stores": max(1, reps // 5), "day": clock.now().date().isoformat()}
    with connection.cursor() as cursor:
        for statement in FILL.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
    sessions = []
    for user in User.objects.filter(role="rep"):
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions.append(session.session_key)
    connection.close()
    return sessions


class Line:
    """A rep's browser: one connection kept open."""

    def __init__(self, port: int, session: str):
        self.port, self.cookie = port, f"sessionid={session}"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, bytes, float]:
        """Status, body and seconds until the last byte."""
        began = time.perf_counter()
        for again in (True, False):
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                status, body = await self._ask(*self.streams, path)
                return status, body, time.perf_counter() - began
            except (ConnectionError, asyncio.IncompleteReadError):
                self.streams = None
                if not again:
                    raise
        raise AssertionError("unreachable")

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, bytes]:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {self.cookie}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        if found := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
            return status, await reader.readexactly(int(found[1]))
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        return status, body


async def work(port: int, sessions: list[str], pause: float, seconds: float) -> dict[str, list[float]]:
    """Every rep opens his list and then cases of it, pausing between pages."""
    times: dict[str, list[float]] = {"my day": [], "case page": []}
    end = time.monotonic() + seconds

    async def rep(session: str, number: int) -> None:
        line, dice = Line(port, session), random.Random(number)
        await asyncio.sleep(dice.uniform(0, pause))
        cases: list[str] = []
        while time.monotonic() < end:
            page, path = ("case page", cases.pop()) if cases else ("my day", "/")
            status, body, took = await line.get(path)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
            times[page].append(took)
            if page == "my day":
                found = re.findall(rb'href="(/cases/\d+/)"', body)
                cases = [c.decode() for c in dice.sample(found, min(3, len(found)))]
            await asyncio.sleep(dice.uniform(0.8, 1.2) * pause)

    await asyncio.gather(*(rep(s, n) for n, s in enumerate(sessions)))
    return times


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(port: int) -> subprocess.Popen:
    server = subprocess.Popen(
        [sys.executable, "-m", "shouyue.cli.main", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    server.kill()
    raise SystemExit("the server did not start")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=200_000)
    asked.add_argument("--reps", type=int, default=200)
    asked.add_argument("--pause", type=float, default=5.0)
    asked.add_argument("--seconds", type=float, default=60.0)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="shouyue-bench-") as home:
        Path(home).chmod(0o711)
        os.environ["SHOUYUE_HOME"], os.environ["DJANGO_SETTINGS_MODULE"] = home, "shouyue.web.settings"
        began = time.monotonic()
        sessions = fill(told.cases, told.reps)
        print(f"{told.cases:,} open cases filled in {time.monotonic() - began:.0f} s", flush=True)
        port = free_port()
        server = serve(port)
        try:
            asyncio.run(work(port, sessions, told.pause, min(10.0, told.seconds)))  # warm
            times = asyncio.run(work(port, sessions, told.pause, told.seconds))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    print(f"{told.reps} reps, {told.pause:g} s between pages, {told.seconds:g} s, {os.cpu_count()} cores, one machine")
    for page, took in times.items():
        cuts = statistics.quantiles(took, n=100)
        print(
            f"{page:10} {len(took):6,} pages   median {cuts[49] * 1000:6.1f} ms   "
            f"p95 {cuts[94] * 1000:6.1f} ms   p99 {cuts[98] * 1000:6.1f} ms"
        )


if __name__ == "__main__":
    main()
