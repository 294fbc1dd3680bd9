"""Lists as files, as CSV or XLSX: with a reason, and never with a cell that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.http import HttpRequest

from shouyue.base import cells
from shouyue.casework import errors
from shouyue.reports import workbook

#: most lines of a file; a spreadsheet ends at 1,048,576
MOST = 100_000
#: why a list may be taken along; words in ``words.EXPORT_REASONS``
REASONS = ("work", "report", "check", "inspection", "authority")


def reason(request: HttpRequest) -> str:
    """Why the list is taken along, as the form says. Raises CASE-024."""
    given = request.POST.get("reason", "")
    if given not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")
    return given


def as_file(form: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[IO[bytes], int]:
    """A file of the form, ``csv`` or ``xlsx``, and how many rows it has."""
    return {"csv": _csv, "xlsx": _xlsx}[form](head, rows)


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[IO[bytes], int]:
    """A file in UTF-8 with the mark that spreadsheets want, and how many rows it has."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    count = cells.write(text, head, rows)
    text.detach()
    file.seek(0)
    return file, count


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[IO[bytes], int]:
    """A workbook with one sheet; texts are written as texts, whatever they look like."""
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    count = workbook.fill(book, workbook.Sheet("Sheet1", head, rows))
    book.close()
    file.seek(0)
    return file, count
