"""A letter's content as a PDF. Nothing is fetched: no picture, no font and no style comes from anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shouyue.messaging import errors
from shouyue.messaging.letters import fonts

HERE = Path(__file__).parent
#: how many lines the window shows, and of how many narrow letters, by the size in which the address is set
SIZES = {"": (6, 42), "long": (9, 58), "longest": (15, 78)}


def draw(content: dict[str, Any], number: str) -> tuple[bytes, int]:
    """The PDF and how many pages it has. The same content gives the same page. Raises LETTER-007."""
    document = _document(content, number)
    return _bytes(document, number), len(document.pages)


@dataclass(frozen=True)
class Part:
    """Letters drawn at one go: each one's PDF and pages (None where it was not wanted), and all of them as one PDF."""

    each: list[tuple[bytes, int] | None]
    together: bytes


def draw_part(letters: Sequence[tuple[dict[str, Any], str, bool]]) -> Part:
    """Draw letters (content, number, is its own PDF wanted?), laying each out once. Raises LETTER-007."""
    documents = [_document(content, number) for content, number, _ in letters]
    each = [
        (_bytes(document, number), len(document.pages)) if wanted else None
        for document, (_, number, wanted) in zip(documents, letters, strict=True)
    ]
    whole = documents[0].copy([page for document in documents for page in document.pages])
    return Part(each, _bytes(whole, f"{letters[0][1]}+{len(letters)}"))


def _document(content: dict[str, Any], number: str) -> Any:
    html, style, known = _tools()
    return html(string=_text(content, number), url_fetcher=_nothing).render(stylesheets=[style], font_config=known)


def _text(content: dict[str, Any], number: str) -> str:
    lines = (*content["address"], content["name"])
    fits = (size for size, (most, width) in SIZES.items() if sum(_lines(line, width) for line in lines) <= most)
    return _page().render(c=content, number=number, zh=content["lang"].startswith("zh"), size=next(fits, "longest"))


def _lines(text: str, width: int) -> int:
    """How many lines of ``width`` narrow letters a text takes; Chinese ones are twice as wide."""
    return -(-sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text) // width)


def _bytes(document: Any, number: str) -> bytes:
    return fonts.tighten(document.write_pdf(pdf_identifier=number.encode()))


@cache
def _page():
    made = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    return made.get_template("letter.html")


@cache
def _tools():
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
    except OSError:
        raise errors.NO_PANGO.error() from None
    known = FontConfiguration()
    return HTML, CSS(filename=str(HERE / "letter.css"), font_config=known), known


def _nothing(url: str, *_args: object, **_more: object):
    raise ValueError("a letter fetches nothing")
