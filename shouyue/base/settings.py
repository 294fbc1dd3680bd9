"""Where things are, read once from the environment. docs/operations.md lists every variable."""

from __future__ import annotations

import os
from pathlib import Path

from shouyue.base.errors import Code
from shouyue.base.stores import is_url, shown

NOT_HERE = Code(
    "BASE-022",
    zh="账册 {url} 在共享存储上，本命令只能用本机的账册：先用 shouyue book pull 取到本机",
    en="the book {url} lies on a store and this command works on a local one: fetch it with 'shouyue book pull' first",
)
NOT_YES_OR_NO = Code("BASE-023", zh="{name} 只能是 yes、no 或不设", en="{name} is yes, no, or not set")
_YES_OR_NO = {"": None, "yes": True, "1": True, "no": False, "0": False}


def home() -> Path:
    """Folder of everything the product writes: books, snapshots, the embedded database. ``SHOUYUE_HOME``."""
    return Path(os.environ.get("SHOUYUE_HOME", "var")).resolve()


def books() -> Path:
    """Folder of the books; a book is a folder in it. ``SHOUYUE_BOOKS``."""
    return Path(os.environ.get("SHOUYUE_BOOKS", home() / "books")).resolve()


def book_path(name: str | Path) -> Path:
    """A book given by name lies under ``books()``; one given as a path stays where it is. Raises BASE-022 for a URL."""
    text = str(name)
    if is_url(text):
        raise NOT_HERE.error(url=shown(text))
    return Path(text).resolve() if "/" in text or "\\" in text else books() / text


def currency() -> str:
    """The lender's currency where a file names none (ISO 4217). ``SHOUYUE_CURRENCY``."""
    return os.environ.get("SHOUYUE_CURRENCY", "CNY")


def lender() -> str:
    """What the lender calls itself, in calls and letters; empty where nobody said. ``SHOUYUE_LENDER``."""
    return os.environ.get("SHOUYUE_LENDER", "").strip()


def recorded_line() -> bool | None:
    """Are the lender's lines recorded? None where nobody said. ``SHOUYUE_RECORDED_LINE``. Raises BASE-023."""
    text = os.environ.get("SHOUYUE_RECORDED_LINE", "").strip().lower()
    if text not in _YES_OR_NO:
        raise NOT_YES_OR_NO.error(name="SHOUYUE_RECORDED_LINE")
    return _YES_OR_NO[text]


def zone() -> str:
    """The lender's home time zone (IANA). ``SHOUYUE_ZONE``."""
    return os.environ.get("SHOUYUE_ZONE", "Asia/Shanghai")
