"""Fonts of a PDF without the places of the letters that it does not use.

WeasyPrint keeps the numbers that a font's glyphs had, so a Chinese font of 63,000 glyphs leaves 63,000 places for the
few hundred that a letter shows: nine tenths of the file. A CFF font with character ids (ISO 32000-1, 9.7.4.2) names
each glyph by its id and needs no empty places: text, widths and the way back to Unicode stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import cast

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject


def tighten(pdf: bytes) -> bytes:
    """The same pages with smaller fonts; the same bytes for the same PDF. Fonts of another kind stay as they are."""
    reader = PdfReader(BytesIO(pdf))
    writer = PdfWriter(clone_from=reader)
    writer.pdf_header = reader.pdf_header
    for file, glyphs in _files(writer):
        small = _only(file.get_data(), glyphs)
        if small is not None:
            file.set_data(small)
            file[NameObject("/Subtype")] = NameObject("/CIDFontType0C")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _files(writer: PdfWriter) -> Iterator[tuple[StreamObject, set[int]]]:
    """Each font file once, with the ids of the characters that are shown from it."""
    found: dict[int, tuple[StreamObject, set[int]]] = {}
    for page in writer.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            for shown in font.get_object().get("/DescendantFonts", ()):
                described = shown.get_object()["/FontDescriptor"]
                if "/FontFile3" in described:
                    file = described["/FontFile3"]
                    found.setdefault(id(file), (file, set()))[1].update(_shown(shown.get_object()))
    yield from found.values()


def _shown(font: DictionaryObject) -> Iterator[int]:
    """The ids in ``/W``: ``first [width …]`` for those in a row, or ``first last width``."""
    widths = cast(ArrayObject, font["/W"])
    at = 0
    while at < len(widths):
        first, then = int(widths[at]), widths[at + 1].get_object()
        in_a_row = isinstance(then, ArrayObject)
        yield from range(first, first + len(then) if in_a_row else int(then) + 1)
        at += 2 if in_a_row else 3


def _only(opentype: bytes, glyphs: set[int]) -> bytes | None:
    """The CFF font with these glyphs alone, under their old ids; None where it is not one with ids."""
    font = TTFont(BytesIO(opentype), lazy=True, recalcBBoxes=False, recalcTimestamp=False)
    if "CFF " not in font or not hasattr(font["CFF "].cff[0], "ROS"):
        return None
    options = Options(notdef_outline=True, layout_features=[], ignore_missing_glyphs=True)
    options.drop_tables = [table for table in font.keys() if table not in ("CFF ", "maxp")]  # noqa: SIM118
    subsetter = Subsetter(options)
    subsetter.populate(gids=glyphs)
    subsetter.subset(font)
    return font["CFF "].compile(font)
