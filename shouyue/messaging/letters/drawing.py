"""A letter's content as a PDF. Nothing is fetched: no picture, no font and no style comes from anywhere else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shouyue.messaging import errors

HERE = Path(__file__).parent


def draw(content: dict[str, Any], number: str) -> tuple[bytes, int]:
    """The PDF and how many pages it has. The same content gives the same page. Raises LETTER-007."""
    document = _document(content, number)
    return _bytes(document, number), len(document.pages)


def draw_together(letters: list[tuple[dict[str, Any], str]]) -> tuple[bytes, int]:
    """One PDF of many letters, to be printed in one go, and its pages. Raises LETTER-007."""
    documents = [_document(content, number) for content, number in letters]
    pages = [page for document in documents for page in document.pages]
    whole: Any = documents[0].copy(pages)  # pyright: ignore[reportArgumentType]
    return _bytes(whole, "shouyue"), len(pages)


def _document(content: dict[str, Any], number: str) -> Any:
    html, style, fonts = _tools()
    text = _page().render(c=content, number=number, zh=content["lang"].startswith("zh"))
    return html(string=text, url_fetcher=_nothing).render(stylesheets=[style], font_config=fonts)


def _bytes(document: Any, number: str) -> bytes:
    return document.write_pdf(pdf_identifier=number.encode())


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
    fonts = FontConfiguration()
    return HTML, CSS(filename=str(HERE / "letter.css"), font_config=fonts), fonts


def _nothing(url: str, *_args: object, **_more: object):
    raise ValueError("a letter fetches nothing")
