"""Where the lender's database is. The address holds a password, so it comes from the environment and goes nowhere else.

Nothing here prints it: ``repr`` leaves it out, and whatever a driver says passes through ``scrubbed`` first.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from shouyue.book import faults

#: scheme of an address -> kind of database; those but PostgreSQL are read through connectorx
KINDS = {
    "postgresql": "postgresql", "postgres": "postgresql",
    "mysql": "mysql", "mariadb": "mysql", "mssql": "mssql", "sqlserver": "mssql", "oracle": "oracle",
    "sqlite": "sqlite", "redshift": "redshift", "clickhouse": "clickhouse", "trino": "trino",
}  # fmt: skip
#: an address of libpq's other form: host=… dbname=…
_WORDS = re.compile(r"(^|\s)(host|hostaddr|service|dbname)\s*=")
_SECRET = re.compile(r"password|passwd|pwd|secret|token|key", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """``variable`` is where it was read, ``kind`` a value of ``KINDS``."""

    variable: str
    kind: str
    url: str = field(repr=False)

    def scrubbed(self, text: str) -> str:
        """The text without the address, its password, and anything else that looks like an address."""
        for secret in sorted(_secrets(self.url), key=len, reverse=True):
            text = text.replace(secret, "***")
        return re.sub(r"\b[a-z][a-z0-9+]*://\S*", "***", text, flags=re.IGNORECASE)


def address(variable: str) -> Address:
    """The address in an environment variable. Raises BOOK-221 when it is not set, BOOK-222 when it is none."""
    url = os.environ.get(variable, "").strip()
    if not url:
        raise faults.NO_ADDRESS.error(variable=variable)
    scheme, found, rest = url.partition("://")
    driverless = scheme.lower().split("+")[0]  # as SQLAlchemy writes them: mysql+pymysql://
    if found and driverless in KINDS:
        kind = KINDS[driverless]
        return Address(variable, kind, f"{kind}://{rest}")
    if not found and _WORDS.search(url):
        return Address(variable, "postgresql", url)
    raise faults.UNKNOWN_DATABASE.error(variable=variable, known=", ".join(f"{k}://" for k in sorted(KINDS)))


def _secrets(url: str) -> set[str]:
    """All that must not be shown: the address whole, and its password as written and as meant."""
    found = {url}
    try:
        parts = urlsplit(url)
        found |= {parts.netloc, parts.password or ""}
        found |= {value for name, value in parse_qsl(parts.query) if _SECRET.search(name)}
    except ValueError:
        pass
    # libpq splits where Python might not: a password may hold an @ or a slash
    if match := re.match(r"[a-z0-9+]+://[^:]*:(.*)@", url, re.IGNORECASE):
        found.add(match[1])
    found |= {m[1].strip("'") for m in re.finditer(r"(?:password|sslpassword)\s*=\s*('[^']*'|\S+)", url)}
    found |= {unquote(secret) for secret in found}
    return {secret for secret in found if secret}
