"""The child of ``foreign``: reads one line of JSON, runs its queries, and says in lines of JSON how far it is."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

from shouyue.book.databases.spooling import spool

BATCH_ROWS = 50_000
#: what keeps a session from writing, for the databases that know such a thing
READ_ONLY = {"mysql": "SET SESSION TRANSACTION READ ONLY"}
#: what drivers say -> a code of the database, and whether the words beside it speak of the query alone
_CODES = (
    (r"ERROR (\d+ \((?:42[A-Z0-9]{3}|25006)\))\s*:?\s*([^}]*[^} ])", True),  # MySQL: syntax, unknown objects, rights
    (r"ERROR (\d+ \([A-Z0-9]{5}\))", False),
    (r"(ORA-009\d\d):?\s*(.*)", True),  # Oracle: syntax, unknown objects
    (r"(ORA-\d{5})", False),
    (r"Token error: '((?:Invalid (?:object|column) name|Incorrect syntax) .*?\.)' on server", True),
    (r"\bcode: (\d+)", False),  # SQL Server
    (r"(no such (?:table|column): \S+|near \"[^\"]*\": syntax error)", True),  # SQLite
)
_LOGIN = r"Access denied|Login failed|ORA-01017|authentication"
_MALFORMED = r"relative URL|UrlError|[Pp]arse|[Ii]nvalid (?:port|host|param|url)|empty host|Not a valid URL"
_GONE = r"timed? ?out|refused|Could not connect|DPI-1047|unreachable|unable to open database file"


def main() -> None:
    work = json.loads(sys.stdin.readline())
    threading.Thread(target=_until_the_end, daemon=True).start()
    for asked in work["queries"]:
        try:
            rows = _run(work["url"], asked)
        except BaseException as why:  # the driver's panics are no Exception
            _say(table=asked["table"], rows=0, failed=_told(str(why)))
            return
        _say(table=asked["table"], rows=rows, done=True)


def _until_the_end() -> None:
    """The parent's end is the child's, in whatever call of the driver it is."""
    sys.stdin.read()
    os._exit(1)


def _run(url: str, asked: dict[str, Any]) -> int:
    import connectorx

    first = READ_ONLY.get(url.partition("://")[0])
    batches = connectorx.read_sql(
        url, asked["query"], return_type="arrow_stream", batch_size=BATCH_ROWS, pre_execution_query=first
    )
    table = asked["table"]
    _say(table=table, rows=0)
    return spool(batches, batches.schema, Path(asked["path"]), lambda rows: _say(table=table, rows=rows))


def _say(**said: Any) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201


def _told(said: str) -> dict[str, str]:
    """A driver's error without what may be a row's value or a part of the address."""
    for pattern, sayable in _CODES:
        if (match := re.search(pattern, said)) and not re.search(_LOGIN, said):
            words = match[match.lastindex or 0].splitlines()[0][:300] if sayable else "…"
            only_words = sayable and match.lastindex == 1
            return {"what": "query", "code": "–" if only_words else match[1], "why": words}
    if re.search(_LOGIN, said):
        return {"what": "connect", "why": "login"}
    if re.search(_GONE, said, re.IGNORECASE):
        return {"what": "connect", "why": "gone"}
    if re.search(_MALFORMED, said):
        return {"what": "connect", "why": "malformed"}
    return {"what": "query", "code": "–", "why": "…"}


if __name__ == "__main__":
    main()
