"""Interviews that the lender holds in another system: a file is taken in, and every row that could not be is named."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shouyue.base.errors import Code, ShouyueError
from shouyue.casework.interviews import form, importing
from shouyue.casework.models import Interview
from shouyue.people.permissions import NotPermitted, require
from shouyue.web import showing
from shouyue.web.frame import DeskRequest

LARGEST_MB, MOST_ROWS = 5, 2_000
#: faults that the page lists; a file with more is mended and sent again
MOST_FAULTS = 500
KINDS = (".csv", ".tsv", ".txt", ".xlsx")
ENCODINGS = ("utf-8", "gb18030")

NO_FILE = Code("INTV-021", zh="请选择文件", en="choose a file")
TOO_LARGE = Code(
    "INTV-022",
    zh="文件超过 {most} MB，未导入任何行：请拆分",
    en="the file is larger than {most} MB and nothing was taken: split it",
)
NOT_OF_KIND = Code("INTV-023", zh="只能导入 {kinds} 文件", en="only files of these kinds can be taken in: {kinds}")


@require_http_methods(["GET", "POST"])
def interviews(request: DeskRequest) -> HttpResponse:
    """The form, and, where a file was sent, what became of its rows. The same file again changes nothing."""
    require(request.user, "interview.import")
    context: dict[str, Any] = {"sent": request.POST, "taken": None, "error": None}
    if request.method == "POST":
        try:
            context |= _took(request)
        except NotPermitted:
            raise
        except ShouyueError as error:
            context["error"] = f"{error.text(showing.language())} ({error.code})"
    asked = form.current()
    context |= {
        "version": asked.version,
        "columns": [(*importing.CUSTOMER, ""), (*importing.HELD_ON, ""), *map(_column, asked.questions.values())],
        "systems": Interview.objects.exclude(source="").order_by("source").values_list("source", flat=True).distinct(),
        "accept": ",".join(KINDS),
        "largest": LARGEST_MB,
        "most": MOST_ROWS,
        "encodings": ENCODINGS,
    }
    return render(request, "desk/interview_import.html", context, status=422 if context["error"] else 200)


def _column(question: form.Question) -> tuple[str, str, str]:
    language = showing.language()
    choices = " · ".join(f"{key} {text.text(language)}" for key, text in question.choices.items())
    return question.id, question.text(language), choices


def _took(request: DeskRequest) -> dict[str, Any]:
    sent, system = request.FILES.get("file"), request.POST.get("system", "").strip()
    encoding = request.POST.get("encoding", "")
    if not isinstance(sent, UploadedFile):
        raise NO_FILE.error()
    kind = Path(sent.name or "").suffix.lower()
    if kind not in KINDS:
        raise NOT_OF_KIND.error(kinds=" ".join(KINDS))
    if (sent.size or 0) > LARGEST_MB * 2**20:
        raise TOO_LARGE.error(most=LARGEST_MB)
    with TemporaryDirectory(prefix="shouyue-") as folder:
        path = Path(folder, f"interviews{kind}")
        with path.open("wb") as file:
            file.writelines(sent.chunks())
        encoding = encoding if encoding in ENCODINGS else ENCODINGS[0]
        taken = importing.take_in(path, system, encoding, request.user, MOST_ROWS)
    language, asked = showing.language(), form.current().questions
    faults = [
        (f.line, asked[f.field].text(language) if f.field in asked else f.field, f.code, f.text(language))
        for f in taken.faults
    ]
    return {"taken": taken, "faults": faults[:MOST_FAULTS], "left_off": max(0, len(faults) - MOST_FAULTS),
            "file": (sent.name or "")[:100]}  # fmt: skip
