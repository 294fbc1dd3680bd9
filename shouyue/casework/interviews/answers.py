"""What was typed into the form, as values; and what differs between two interviews.

A value is text, true or false, a choice's id, a list of them, a day of the month, ``{"from", "to"}`` as times of day,
``{"minor", "currency"}``, or ``{contact point: knows}``. What was not answered is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework import errors
from shouyue.casework.interviews.form import Form, Question

Answers = dict[str, Any]
#: what was typed, by the name of the field
Sent = Mapping[str, Sequence[str]]
LONGEST = 500
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Change:
    """``before`` or ``after`` is None where the question was not answered."""

    question: str
    before: Any
    after: Any


def read(
    form: Form, sent: Sent, before: Answers, people: Collection[int], currency: str
) -> tuple[Answers, dict[str, ShouyueError]]:
    """Values, and what is wrong by the question's id.

    The page does not show what is masked, so an empty masked field keeps what was said ``before``, unless the field
    ``none-ID`` says that it no longer holds.
    """
    values: Answers = {}
    wrong: dict[str, ShouyueError] = {}
    for question in form.questions.values():
        try:
            value = _READ[question.kind](question, sent, people, currency)
        except ShouyueError as error:
            wrong[question.id] = error
            continue
        if value is None and question.masked and not _one(sent, f"none-{question.id}"):
            value = before.get(question.id)
        if value is not None:
            values[question.id] = value
    return values, wrong


def changes(before: Answers, after: Answers) -> list[Change]:
    """What differs, in the order of the newer answers, what is gone at the end."""
    names = [*after, *(name for name in before if name not in after)]
    return [Change(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


def typed(form: Form, values: Answers) -> dict[str, list[str]]:
    """Values as they stand in the fields of the form; what is masked stands in none."""
    shown: dict[str, list[str]] = {}
    for name, value in values.items():
        question = form.questions.get(name)
        if question is None or question.masked:
            continue
        if question.kind == "people":
            shown |= {f"{name}-{point}": [YES if knows else NO] for point, knows in value.items()}
        elif question.kind == "times":
            shown |= {f"{name}-from": [value["from"]], f"{name}-to": [value["to"]]}
        elif question.kind == "money":
            shown[name] = [str(money.from_minor(value["minor"], value["currency"]))]
        elif isinstance(value, bool):
            shown[name] = [YES if value else NO]
        else:
            shown[name] = [str(one) for one in (value if isinstance(value, list) else [value])]
    return shown


def _one(sent: Sent, name: str) -> str:
    return next(iter(sent.get(name, ())), "").replace("\x00", "").strip()


def _text(question: Question, sent: Sent, *_: Any) -> str | None:
    text = _one(sent, question.id)
    if len(text) > LONGEST:
        raise errors.ANSWER_TOO_LONG.error(field=question.id, most=LONGEST)
    return text or None


def _known(question: Question, choice: str, choices: Collection[str]) -> str:
    if choice not in choices:
        raise errors.ANSWER_UNKNOWN.error(field=question.id)
    return choice


def _yes_no(question: Question, sent: Sent, *_: Any) -> bool | None:
    said = _one(sent, question.id)
    return _known(question, said, (YES, NO)) == YES if said else None


def _choice(question: Question, sent: Sent, *_: Any) -> str | None:
    said = _one(sent, question.id)
    return _known(question, said, question.choices) if said else None


def _choices(question: Question, sent: Sent, *_: Any) -> list[str] | None:
    said = {_known(question, one, question.choices) for one in sent.get(question.id, ()) if one}
    return [one for one in question.choices if one in said] or None


def _day(question: Question, sent: Sent, *_: Any) -> int | None:
    said = _one(sent, question.id)
    if said and not (said.isascii() and said.isdigit() and 1 <= int(said[:4]) <= 31):
        raise errors.ANSWER_NO_DAY.error(field=question.id)
    return int(said) if said else None


def _times(question: Question, sent: Sent, *_: Any) -> dict[str, str] | None:
    said = [_one(sent, f"{question.id}-{end}") for end in ("from", "to")]
    if not any(said):
        return None
    try:
        begins, ends = (f"{time.fromisoformat(one):%H:%M}" for one in said)
    except ValueError:
        begins = ends = ""
    if begins == ends:
        raise errors.ANSWER_NO_TIMES.error(field=question.id)
    return {"from": begins, "to": ends}


def _money(question: Question, sent: Sent, _people: Any, currency: str) -> dict[str, Any] | None:
    said = _one(sent, question.id)
    if not said:
        return None
    try:
        minor = money.to_minor(said, currency)
    except ShouyueError:
        minor = -1
    if minor < 0:
        raise errors.ANSWER_NO_AMOUNT.error(field=question.id, currency=currency)
    return {"minor": minor, "currency": currency}


def _people(question: Question, sent: Sent, people: Collection[int], _currency: Any) -> dict[str, bool] | None:
    said = {str(point): _one(sent, f"{question.id}-{point}") for point in people}
    return {point: _known(question, one, (YES, NO)) == YES for point, one in said.items() if one} or None


_READ: dict[str, Callable[[Question, Sent, Collection[int], str], Any]] = {
    "text": _text,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "day": _day,
    "times": _times,
    "money": _money,
    "people": _people,
}
