"""Structured logs: a line of JSON per event, to standard error, without personal data.

Three fences. Keys that name personal data are masked whatever they hold. Digits that could be a phone, an identity or a
card number are masked in every text. And of an exception only its kind and where it happened are written: what it says
may quote a customer (PostgreSQL quotes the row that broke a constraint). Errors of our own carry a code and may speak.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shouyue.base.errors import ShouyueError

MASKED = "***"
#: a key is masked when one of its words is among these (``contact_name``, ``customerName``) …
WORDS = frozenset(
    {
        "name",
        "names",
        "tel",
        "mail",
        "address",
        "card",
        "note",
        "notes",
        "text",
        "body",
        "query",
        "search",
        "q",
        "params",
        "birthday",
        "account",
    }
)
#: … or when it holds one of these anywhere
STEMS = re.compile(
    "phone|mobile|msisdn|idnumber|idcard|passport|identity|employer|fullname|username|surname|customername|email|"
    "passw|secret|token|cookie|authorization|session"
)
#: keys made of such words that hold nothing personal
HARMLESS = frozenset({"logger_name", "view_name", "task_name", "file_name", "func_name"})
#: ends of keys whose whole numbers are quantities, not numbers of persons
QUANTITIES = ("_minor", "_ms", "_bytes", "_ns", "seconds", "rows", "count", "timestamp", "pid", "lineno", "id")

_NUMBERS = re.compile(
    r"(?P<kept>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|\b(?=[0-9a-f]*[a-f])[0-9a-f]{16,64}\b"  # a digest
    r"|\b\d{4}-\d\d-\d\d\b)"  # a date
    r"|\+?(?:\(?\d{2,4}\)?[ \-]){1,3}\d{3,8}"  # 138 0000 0000, 010-12345678, +86 138-0000-0000
    r"|\+?\d{7,}[xX]?"  # 13800000000, 11010119900101001X, card numbers
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def masked(value: Any, key: str = "") -> Any:
    """The value with what could be personal taken out; mappings and lists are walked."""
    if key and _personal(key) and value not in (None, True, False, ""):
        return MASKED
    if isinstance(value, str):
        return _NUMBERS.sub(_hide, value)
    if isinstance(value, Mapping):
        return {str(inner): masked(item, str(inner)) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**6:
        return value if key.endswith(QUANTITIES) else MASKED
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))


def _personal(key: str) -> bool:
    if key in HARMLESS:
        return False
    bare = re.sub(r"[^a-z]", "", key.lower())
    return bool(STEMS.search(bare)) or any(word.lower() in WORDS for word in _WORDS.findall(key))


def _hide(match: re.Match[str]) -> str:
    return match["kept"] or MASKED


def without_personal_data(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> EventDict:
    return {key: value if key == "timestamp" else masked(value, key) for key, value in event.items()}


def exception_without_its_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """``exc_info`` becomes ``error`` (kind, or code and text of ours) and ``at`` (frames, the innermost last)."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info if isinstance(info, BaseException) else None
    if info is True:
        error = sys.exc_info()[1]
    if error is not None:
        event["error"] = f"{error.code} {error.en}" if isinstance(error, ShouyueError) else _kind(error)
        event["at"] = _frames(error.__traceback__)
        if os.environ.get("SHOUYUE_DEBUG") == "1" and not isinstance(error, ShouyueError):
            event["said"] = str(error)
    return event


def _kind(error: BaseException) -> str:
    code = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)
    return f"{type(error).__module__}.{type(error).__qualname__}" + (f" {code}" if code else "")


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)][-12:]


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_without_its_words,
    ]


def configuration(level: str | None = None) -> dict[str, Any]:
    """Django's ``LOGGING``. ``SHOUYUE_LOG_LEVEL`` sets the level (INFO)."""
    level = (level or os.environ.get("SHOUYUE_LOG_LEVEL", "INFO")).upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _processors(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_personal_data,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
                # a library's line keeps its template and loses its arguments: they carry addresses and rows
                "use_get_message": False,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},  # Observe logs every answer, by its route
            "django.server": {"handlers": [], "propagate": False},
            "procrastinate": {"level": "WARNING"},  # jobs log themselves
            "weasyprint": {"level": "WARNING"},  # seven lines a letter otherwise
            "weasyprint.progress": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }


def configure() -> None:
    """Send structlog's own events down the same way; called once, by the settings."""
    structlog.configure(
        processors=[
            *_processors(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
