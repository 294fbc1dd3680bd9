"""A collection agency's own system: it knows of the lender's desk what docs/agency-api.md says, and no more.

It fetches the cases placed with it, asks before each contact, leaves what is refused, tells what became of each, and
drops a case that is taken back. Whatever was sent and not answered is sent again under the same key, also by the next
run where a journal is kept, so a lost connection or a killed process counts nothing twice. No number is ever written.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.simulator.streams import chance

NO_ADDRESS = Code(
    "SIM-009",
    zh="{address} 不是工作台的地址，应为 http:// 或 https://",
    en="{address} is no address of a desk: http:// or https://",
)
NO_ANSWER = Code("SIM-010", zh="工作台没有应答（已重试 {times} 次）", en="the desk did not answer ({times} times)")
CUT_OFF = Code("SIM-011", zh="工作台不再接受此令牌：{zh}", en="the desk does not take the token any more: {en}")
NOT_UNDERSTOOD = Code(
    "SIM-012",
    zh="工作台的应答（{status} {code}）不在接口说明之内",
    en="the desk answered {status} {code}, which its documentation does not tell",
)
BUSY = Code(
    "SIM-013",
    zh="工作台要求 {seconds} 秒后再来，超过本次运行的时间",
    en="the desk asks to come back in {seconds} seconds, which is beyond this run",
)

AT = "/api/agency/v1"
#: seconds before a request that was not answered is sent again
WAITS = (0.1, 0.3, 1.0, 2.0, 4.0)
TIMEOUT = 15
#: what becomes of a call, and how often
CALLS = (
    ("unanswered", 0.45),
    ("conversation", 0.30),
    ("answered", 0.12),
    ("not_connected", 0.09),
    ("wrong_number", 0.04),
)
#: answers that end the work on a case: it is not placed (any more), its placement is over, it is closed
GONE = ("AGENCY-003", "AGENCY-014", "CASE-002")

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Body


@dataclass(frozen=True)
class Bounds:
    """Where a run ends: contacts asked for in all and of each case, reports without asking, seconds."""

    contacts: int = 200
    per_case: int = 3
    unasked: int = 0
    seconds: float = 120
    pause: float = 0


class Journal:
    """What was sent and what was answered, a JSON line each; what was sent and not answered is sent again.

    Keys begin with the journal's own name, so that two agencies, or two runs without a file, never share one.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self.run = uuid.uuid4().hex[:12]
        self.open: dict[str, tuple[str, Body]] = {}
        self.asked: Counter[tuple[str, int]] = Counter()
        self.keys = 0
        if path is None:
            return
        if path.exists():
            text = path.read_text(encoding="utf-8")
            for line in text.splitlines():
                self._read(line)
            if text and not text.endswith("\n"):  # else the next line would be lost with one that a kill cut off
                with path.open("a", encoding="utf-8") as file:
                    file.write("\n")
        else:
            self._write({"run": self.run})

    def _read(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return  # cut off when the process was killed: it was not sent
        if "run" in said:
            self.run = said["run"]
        elif "path" in said:
            self._keep(said["key"], said["path"], said["body"])
        else:
            self.open.pop(said["key"], None)

    def _keep(self, key: str, path: str, body: Body) -> None:
        self.open[key] = (path, body)
        self.keys += path in ("/contacts", "/reports")
        if path == "/contacts":
            self.asked[body["case"], body["number"]] += 1

    def sends(self, key: str, path: str, body: Body) -> None:
        """Before it is sent."""
        self._keep(key, path, body)
        self._write({"key": key, "path": path, "body": body})

    def answered(self, key: str, answer: Answer) -> None:
        self.open.pop(key, None)
        said = {name: answer.body[name] for name in ("allowed", "contact", "code") if name in answer.body}
        self._write({"key": key, "status": answer.status, **said})

    def _write(self, line: Body) -> None:
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


class Line:
    """Requests to the desk, each sent until it is answered."""

    def __init__(self, address: str, token: str, ends: float):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NO_ADDRESS.error(address=address[:80])
        self._make: Callable[..., HTTPConnection] = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._token, self._ends = parts.hostname, parts.port, token, ends
        self._connection: HTTPConnection | None = None
        self.repeated = 0

    def get(self, path: str) -> Answer:
        return self._sent("GET", path, None, {})

    def post(self, path: str, body: Body, key: str) -> Answer:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self._sent("POST", path, json.dumps(body).encode(), headers)

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Raises SIM-010 where no answer comes, SIM-011 where the token counts no more, SIM-013."""
        for wait in (*WAITS, None):
            try:
                status, after, content = self._once(method, path, body, headers)
            except (OSError, HTTPException):
                self._hang_up()
                status, after, content = 0, "", b""
            if status == 429:
                seconds = int(after) if after.isdigit() else 60
                if time.monotonic() + seconds > self._ends:
                    raise BUSY.error(seconds=seconds)
                time.sleep(seconds)
                continue
            if 0 < status < 500:
                answer = Answer(status, _read(status, content))
                if status == 401:
                    raise CUT_OFF.error(zh=answer.body["zh"], en=answer.body["en"])
                return answer
            if wait is None or time.monotonic() + wait > self._ends:
                break
            self.repeated += 1
            time.sleep(wait)
        raise NO_ANSWER.error(times=len(WAITS))

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str, bytes]:
        if self._connection is None:
            self._connection = self._make(self._host, self._port, timeout=TIMEOUT)
        told = {"Authorization": f"Bearer {self._token}", **headers}
        self._connection.request(method, AT + path, body, told)
        answer = self._connection.getresponse()
        return answer.status, answer.headers.get("Retry-After", ""), answer.read()

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _read(status: int, content: bytes) -> Body:
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise NOT_UNDERSTOOD.error(status=status, code="")
    return body


@dataclass
class Run:
    """One run of the agency. ``counts``: cases, allowed, refused, gone, told, unasked, resumed, repeated."""

    line: Line
    journal: Journal
    seed: int
    bounds: Bounds
    ends: float
    counts: Counter[str] = field(default_factory=Counter)
    #: cases and numbers that are left alone in this run
    _gone: set[str] = field(default_factory=set)
    _left: set[tuple[str, int]] = field(default_factory=set)

    def work(self) -> Counter[str]:
        for key, (path, body) in list(self.journal.open.items()):
            if key in self.journal.open:  # else it was told with the one before
                self.counts["resumed"] += 1
                self._settle(key, path, body)
        cases = self._cases()
        self.counts["cases"] = len(cases)
        for case in cases:
            if self.counts["unasked"] < self.bounds.unasked and (number := self._number(case)) is not None:
                self._report(case["case"], number)
        for _turn in range(self.bounds.per_case):
            for case in cases:
                if not self._over() and case["case"] not in self._gone:
                    self._contact(case)
        self.counts["repeated"] = self.line.repeated
        return self.counts

    def _over(self) -> bool:
        return self.counts["allowed"] + self.counts["refused"] >= self.bounds.contacts or time.monotonic() > self.ends

    def _cases(self) -> list[Body]:
        found, after = [], None
        while True:
            page = self.line.get("/cases?" + urlencode({"limit": 100, **({"after": after} if after else {})}))
            if page.status != 200:
                raise NOT_UNDERSTOOD.error(status=page.status, code=page.body.get("code", ""))
            found += page.body["cases"]
            after = page.body["next"]
            if after is None:
                return found

    def _number(self, case: Body) -> int | None:
        """The borrower's own number that was tried the fewest times."""
        own = [one["id"] for one in case["numbers"] if one["relation"] == "self"]
        own = [one for one in own if (case["case"], one) not in self._left]
        return min(own, key=lambda one: self.journal.asked[case["case"], one], default=None)

    def _contact(self, case: Body) -> None:
        number = self._number(case)
        if number is None:
            return
        self._settle(self._key(), "/contacts", {"case": case["case"], "number": number, "channel": "call"}, new=True)
        time.sleep(self.bounds.pause)

    def _settle(self, key: str, path: str, body: Body, new: bool = False) -> None:
        """Send, or send again, and do what follows from the answer."""
        if new:
            self.journal.sends(key, path, body)
        answer = self.line.post(path, body, key)
        if path == "/contacts" and answer.status == 200 and answer.body["allowed"]:
            outcome = self._dialled(key, body, answer.body["phone"])
            ends = f"/contacts/{answer.body['contact']}/outcome"
            self.journal.sends(f"{key}/outcome", ends, {"outcome": outcome})
            self.journal.answered(key, answer)
            self.counts["allowed"] += 1
            self._settle(f"{key}/outcome", ends, {"outcome": outcome})
            return
        self.journal.answered(key, answer)
        if answer.status == 200 and path == "/contacts":
            self.counts["refused"] += 1
            self._left.add((body["case"], body["number"]))
        elif answer.status == 200:
            self.counts["unasked" if path == "/reports" else "told"] += 1
        elif answer.body.get("code") in GONE and "case" in body:
            self.counts["gone"] += 1
            self._gone.add(body["case"])
        elif answer.body.get("code") == "CASE-006":
            self._left.add((body["case"], body["number"]))
        else:
            raise NOT_UNDERSTOOD.error(status=answer.status, code=answer.body.get("code", ""))

    def _dialled(self, key: str, body: Body, phone: str | None) -> str:
        """What became of the call. Without a number, as after a recall, nobody was called."""
        if phone is None:
            return "not_connected"
        draw = chance(self.seed, "call", key.rpartition("/")[2])
        shares = accumulate(share for _, share in CALLS)
        outcome = next((name for (name, _), upto in zip(CALLS, shares, strict=True) if draw < upto), CALLS[0][0])
        if outcome in ("wrong_number", "not_connected"):
            self._left.add((body["case"], body["number"]))
        return outcome

    def _report(self, case: str, number: int) -> None:
        """A message that went out without asking."""
        body = {"case": case, "number": number, "channel": "sms", "at": clock.now().isoformat(), "outcome": "sent"}
        self._settle(self._key(), "/reports", body, new=True)

    def _key(self) -> str:
        return f"{self.journal.run}/{self.journal.keys + 1}"


def run(address: str, token: str, seed: int, bounds: Bounds, journal: Path | None) -> Counter[str]:
    """One run, bounded. Raises SIM-009 to SIM-013."""
    ends = time.monotonic() + bounds.seconds
    return Run(Line(address, token, ends), Journal(journal), seed, bounds, ends).work()
