"""Interviews that the lender holds in a system of its own: a file with a row for each, by the form in force.

A row becomes a version like one of the desk's, with the system it came from. What the file leaves open stays as it was.
A row that is older than what stands is passed over: a person's interview of the same day or later is never covered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from uuid import uuid4

from django.db import transaction

from shouyue.base import clock, settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.book.profile import TableProfile
from shouyue.book.sources import Source, open_source
from shouyue.casework import errors, queries, taking, timeline, wordings
from shouyue.casework.interviews import answers, form, keeping, reading
from shouyue.casework.interviews.form import Question
from shouyue.casework.models import Case, ContactPoint, Customer, Interview, TimelineEntry
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

#: headers of the two columns that every file has
CUSTOMER, HELD_ON = ("customer_id", "客户号"), ("held_on", "面谈日期")
_SYSTEM = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_YES, _NO = {"yes", "y", "true", "1", "是"}, {"no", "n", "false", "0", "否"}
_SEVERAL = re.compile(r"[;；、,，|]")
_FROM_TO = re.compile(r"\s*[-–—~～至]\s*")

BAD_SYSTEM = Code(
    "INTV-014",
    zh="来源系统代码“{system}”只能用字母、数字和 . _ -，最多 40 个",
    en="the system's code '{system}' may have letters, digits and . _ - only, 40 at most",
)
BAD_COLUMNS = Code(
    "INTV-015",
    zh="文件的列不对：缺少 {missing}；面谈表 {form} 没有或重复 {unknown}",
    en="the file's columns do not fit: missing {missing}; not in form {form}, or twice: {unknown}",
)
NO_CUSTOMER = Code("INTV-016", zh="没有这个客户", en="there is no such customer")
BROKEN_LINE = Code("INTV-017", zh="此行无法按表头拆分", en="the line cannot be split into the header's columns")
TWICE = Code("INTV-018", zh="同一客户同一天在文件中出现两次", en="the file has this customer and day twice")
TOO_MANY = Code(
    "INTV-020",
    zh="文件超过 {most} 行，未导入任何行：请拆分，或由管理员用 shouyue interviews import 导入",
    en="the file has more than {most} rows and nothing was taken: split it, or have it imported on the command line"
    " (shouyue interviews import)",
)
NO_ANSWER = Code("INTV-019", zh="此行没有任何回答", en="the row holds no answer")


@dataclass
class Taken(taking.Taken):
    """``older`` are rows over which a later interview stands."""

    older: int = 0

    @property
    def read(self) -> int:
        return self.new + self.known + self.older + self.refused


def take_in(path: Path, system: str, encoding: str = "utf-8", by: User | None = None, most: int | None = None) -> Taken:
    """Keep every good row (CSV, TSV, XLSX), each in a transaction of its own; the same file again changes nothing.

    ``by`` is who sent it in, nobody where it was done on the machine; a file of more than ``most`` rows is refused as a
    whole. Raises PEOPLE-001, INTV-014, INTV-015, INTV-020, and BOOK-2xx where the file cannot be read at all.
    """
    if by is not None:
        require(by, "interview.import")
    if not _SYSTEM.fullmatch(system):
        raise BAD_SYSTEM.error(system=system[:40], field="system")
    source = open_source(path, TableProfile("interviews", (), (), (), encoding=encoding))
    columns, taken, seen = _columns(source.headers), Taken(), set()
    rows = _rows(source, taken)
    if most is not None:
        rows = list(islice(rows, most + 1))
        if len(rows) + taken.refused > most:
            raise TOO_MANY.error(most=most)
    for line, cells in rows:
        row = {name: (cell or "").strip() for name, cell in zip(columns, cells, strict=True)}
        try:
            found, held_on, values = _read(row)
            if (found.pk, held_on) in seen:
                raise TWICE.error(field=HELD_ON[0])
            became = _keep(found, held_on, values, system, by)
            seen.add((found.pk, held_on))
        except errors.WrongAnswers as wrong:
            taken.refuse(line, fields=wrong.faults)
        except ShouyueError as error:
            taken.refuse(line, error)
        else:
            setattr(taken, became, getattr(taken, became) + 1)
    if by is not None:
        told = {n: getattr(taken, n) for n in ("new", "known", "older", "refused")}
        audit.record("interview.import", f"system:{system}", told, by)
    return taken


def _rows(source: Source, taken: Taken) -> Iterator[tuple[int, tuple[str | None, ...]]]:
    for chunk in source.chunks():
        for bad in chunk.bad:
            taken.refuse(bad.line, BROKEN_LINE.error())
        yield from ((int(line), row) for line, row in zip(chunk.lines, chunk.frame.rows(), strict=True))


def _columns(headers: Sequence[str]) -> list[str]:
    """What each column holds: the customer, the day, or a question by its id or either of its texts."""
    asked = form.current()
    names = {name: fixed[0] for fixed in (CUSTOMER, HELD_ON) for name in fixed}
    names |= {name: q.id for q in asked.questions.values() for name in (q.id, q.zh, q.en)}
    columns = [names.get(header, "") for header in headers]
    unknown = [h for n, h in enumerate(headers) if not columns[n] or columns[n] in columns[:n]]
    missing = [fixed[0] for fixed in (CUSTOMER, HELD_ON) if fixed[0] not in columns]
    if unknown or missing:
        told = {"missing": ", ".join(missing) or "–", "unknown": ", ".join(unknown)[:200] or "–"}
        raise BAD_COLUMNS.error(form=asked.version, **told)
    return columns


def _read(row: dict[str, str]) -> tuple[Customer, date, answers.Answers]:
    """Raises INTV-016 for an unknown customer, else INTV-002 with everything that is wrong in ``faults``."""
    found = Customer.objects.filter(customer_id=row[CUSTOMER[0]]).first()
    if found is None:
        raise NO_CUSTOMER.error(field=CUSTOMER[0])
    points, sent, wrong = keeping.points(found), {}, {}
    for question in form.current().questions.values():
        if cell := row.get(question.id, ""):
            try:
                sent |= _sent(question, cell, points)
            except ShouyueError as error:
                wrong[question.id] = error
    case = queries.newest(Case.objects.filter(customer=found))
    values, misread = answers.read(
        form.current(), sent, {}, [p.pk for p in points], case.currency if case else settings.currency()
    )
    wrong |= misread
    try:
        held_on = date.fromisoformat(row[HELD_ON[0]][:10].replace("/", "-"))
    except ValueError:
        held_on = date.max
    if not keeping.FIRST_DAY <= held_on <= clock.today():
        wrong[HELD_ON[0]] = errors.INTERVIEW_DAY.error(field=HELD_ON[0], today=clock.today())
    if not wrong and not values:
        raise NO_ANSWER.error(field="")
    if wrong:
        raise errors.INTERVIEW_WRONG.error(field=next(iter(wrong)), faults=wrong)
    return found, held_on, values


def _sent(question: Question, cell: str, points: Collection[ContactPoint]) -> dict[str, list[str]]:
    """A cell as the fields of the form would send it. Raises INTV-003 for a number that is none of the contacts'."""
    if question.kind == "yes_no":
        said = cell.lower()
        return {question.id: [answers.YES if said in _YES else answers.NO if said in _NO else cell]}
    if question.kind in ("choice", "choices"):
        names = {name: key for key, text in question.choices.items() for name in (key, text.zh, text.en.lower())}
        several = _SEVERAL.split(cell) if question.kind == "choices" else [cell]
        return {question.id: [names.get(one.strip().lower(), one.strip()) for one in several if one.strip()]}
    if question.kind == "times":
        ends = [one.strip().zfill(5) for one in _FROM_TO.split(cell, maxsplit=1)]
        return dict(zip((f"{question.id}-from", f"{question.id}-to"), ([one] for one in ends), strict=False))
    if question.kind == "people":
        known = {_digits(p.phone): p.pk for p in points}
        asked = [_digits(one) for one in _SEVERAL.split(cell) if one.strip()]
        if any(phone not in known for phone in asked):
            raise errors.ANSWER_UNKNOWN.error(field=question.id)
        return {f"{question.id}-{known[phone]}": [answers.YES] for phone in asked}
    return {question.id: [cell]}


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)


@transaction.atomic
def _keep(found: Customer, held_on: date, values: answers.Answers, system: str, by: User | None) -> str:
    """What became of a row: a field of ``Taken``. Raises INTV-002 where the pack forbids what is written."""
    Customer.objects.select_for_update(no_key=True).get(pk=found.pk)
    told = Interview.objects.filter(customer=found, source=system, held_on=held_on).order_by("-seq").first()
    if told is not None and all(_holds(told.answers.get(name), value) for name, value in values.items()):
        return "known"
    last = reading.newest(found.pk)
    if last is not None and (last.held_on > held_on or (last.held_on == held_on and last.by_id is not None)):
        return "older"
    before = last.answers if last else {}
    merged = {**before, **{name: _with(before.get(name), value) for name, value in values.items()}}
    if merged == before:
        return "known"
    wrong: dict[str, ShouyueError] = {}
    kept = keeping.worded(keeping.texts(form.current(), merged, before), f"import {system}", wrong)
    if wrong:
        raise errors.INTERVIEW_WRONG.error(field=next(iter(wrong)), faults=wrong)
    kind = Interview.Kind.CORRECTION if told else Interview.Kind.INTERVIEW
    made = keeping.written(found, last, merged, None, uuid4(), kind, held_on, "", system)
    keeping.knowers(found, before, merged)
    changed = [c.question for c in answers.changes(before, merged)]
    about = {"interview": str(made.pk), "version": made.seq, "about": made.kind, "source": system}
    line = None
    if (case := queries.newest(Case.objects.filter(customer=found))) is not None:
        more = {"customer": found.pk, "count": len(changed), **kept}
        ref = f"interview:{made.pk}"
        line = timeline.write(case, TimelineEntry.Kind.INTERVIEW, ref, made.at, by, **about, **more)
    about |= {"form": made.form_id, "changed": changed, **wordings.named(kept), **row_digests.named(made, line)}
    audit.record("interview.add", f"customer:{found.pk}", about, by, made.at)
    return "new"


def _holds(before: object, value: object) -> bool:
    return _with(before, value) == before


def _with(before: object, value: object) -> object:
    """An answer over an earlier one; of who knows, those who are named again are replaced."""
    if isinstance(before, dict) and isinstance(value, dict) and all(isinstance(v, bool) for v in value.values()):
        return {**before, **value}
    return value
