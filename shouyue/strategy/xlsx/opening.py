"""Opening a workbook of unknown origin: weighed before it is unpacked, counted before it is read, nothing hidden."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

import openpyxl
from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser
from openpyxl.worksheet.worksheet import Worksheet

from shouyue.strategy.faults import Findings, Place
from shouyue.strategy.xlsx import faults

#: bytes of the file, bytes it may unpack to, parts it may have
MAX_BYTES, MAX_UNPACKED, MAX_PARTS = 8 << 20, 64 << 20, 500
#: rows of a sheet and cells of all sheets together
MAX_ROWS, MAX_CELLS = 5_000, 300_000
_READ = 1 << 16
#: what openpyxl raises for a broken part depends on the part
_BROKEN = (KeyError, ValueError, TypeError, OSError, AttributeError, IndexError)


def opened(data: bytes, file: str) -> openpyxl.Workbook:
    """The workbook with its formulas as they are written. Raises XLSX-001, -002, -003."""
    if len(data) > MAX_BYTES:
        raise faults.TOO_LARGE.error(file=file, what="bytes", limit=MAX_BYTES)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _weigh(archive, file)
            _count(archive, file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are not read anyway
            book = openpyxl.load_workbook(BytesIO(data), rich_text=False)
    except (DefusedXmlException, zipfile.BadZipFile, SAXException, ParseError, *_BROKEN):
        raise faults.NOT_A_WORKBOOK.error(file=file) from None
    if not book.worksheets:
        raise faults.NOT_A_WORKBOOK.error(file=file)
    return book


def _weigh(archive: zipfile.ZipFile, file: str) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise faults.TOO_LARGE.error(file=file, what="parts", limit=MAX_PARTS)
    if sum(p.file_size for p in parts) > MAX_UNPACKED:
        raise faults.TOO_LARGE.error(file=file, what="unpacked bytes", limit=MAX_UNPACKED)


class _Counter(ContentHandler):
    def __init__(self, file: str, sheet: str, cells: int):
        super().__init__()
        self.file, self.sheet, self.rows, self.cells = file, sheet, 0, cells

    def startElement(self, name: str, attrs: object) -> None:
        tag = name.rpartition(":")[2]
        self.rows += tag == "row"
        self.cells += tag == "c"
        if self.rows > MAX_ROWS:
            raise faults.TOO_MANY_ROWS.error(sheet=self.sheet, limit=MAX_ROWS)
        if self.cells > MAX_CELLS:
            raise faults.TOO_LARGE.error(file=self.file, what="cells", limit=MAX_CELLS)


def _count(archive: zipfile.ZipFile, file: str) -> None:
    """Every sheet walked through without keeping it: a million rows are refused at the first too many."""
    titles = _titles(archive)
    cells = 0
    for number, part in enumerate(n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")):
        counter = _Counter(file, titles[number] if number < len(titles) else part, cells)
        parser = make_parser()
        parser.forbid_dtd = True
        parser.setContentHandler(counter)
        with archive.open(part) as stream:
            while chunk := stream.read(_READ):
                parser.feed(chunk)
        parser.close()
        cells = counter.cells


class _Titles(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def startElement(self, name: str, attrs: Any) -> None:
        if name.rpartition(":")[2] == "sheet":
            self.found.append(attrs.get("name", ""))


def _titles(archive: zipfile.ZipFile) -> list[str]:
    """Names of the sheets, in the order of their parts as far as writers keep it."""
    titles, parser = _Titles(), make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(titles)
    parser.feed(archive.read("xl/workbook.xml"))
    parser.close()
    return titles.found


# ---- cells
def hidden(sheet: Worksheet, found: Findings) -> None:
    """Findings for what nobody sees, and for merged cells."""
    place = Place(found.file, sheet.title)
    if sheet.sheet_state != "visible":
        found.add(faults.HIDDEN, place, sheet=sheet.title, what="sheet")
    for number, row in sheet.row_dimensions.items():
        if row.hidden:
            found.add(faults.HIDDEN, place, sheet=sheet.title, what=f"row {number}")
    for letter, column in sheet.column_dimensions.items():
        if column.hidden:
            found.add(faults.HIDDEN, place, sheet=sheet.title, what=f"column {letter}")
    for area in sheet.merged_cells.ranges:
        found.add(faults.MERGED, Place(found.file, sheet.title, column=area.coord), sheet=sheet.title, cell=area.coord)


def lines(sheet: Worksheet, found: Findings) -> Iterator[tuple[int, list[str]]]:
    """Each row that has something in it, with its number: every cell as text, as a person would type it."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        texts = [_text(cell, sheet.title, found) for cell in row]
        if any(texts):
            yield number, texts


def _text(cell: Any, sheet: str, found: Findings) -> str:
    value = cell.value
    if value is None:
        return ""
    place = Place(found.file, sheet, column=cell.coordinate)
    where: dict[str, Any] = {"sheet": sheet, "cell": cell.coordinate}
    if cell.data_type == "f":
        found.add(faults.FORMULA, place, **where)
        return "-"
    if cell.data_type == "e":
        zh, en = "是错误值", "it is an error"
        found.add(faults.WRONG_KIND, place, value=value, why_zh=zh, why_en=en, **where)
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date().isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        zh, en = "不是文字、数或日期", "it is no text, number or day"
        found.add(faults.WRONG_KIND, place, value=value, why_zh=zh, why_en=en, **where)
        return "-"
    return value.strip()


def _number(value: float) -> str:
    """The shortest text of the number that a sheet shows: 20.1, not 20.100000000000001."""
    number = Decimal(repr(value))
    return f"{number.to_integral_value():f}" if number == number.to_integral_value() else f"{number:f}"
