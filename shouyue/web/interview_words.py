"""The interview in words: answers, what is masked of them, what differs, and the fields to fill in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from shouyue.casework.interviews import answers, feeding, form, reading
from shouyue.casework.interviews.form import Form, Question
from shouyue.casework.masking import mask_text
from shouyue.casework.models import ContactPoint, Interview
from shouyue.compliance.models import Wish
from shouyue.web import showing, words

#: how a masked answer is named where masked values are revealed
ANSWER = "answer-"


def shown(question: Question, value: Any, people: Mapping[str, str] | None = None) -> str:
    """The answer in words, masked where it is; ``people`` names the numbers by their id."""
    if value is None:
        return "–"
    if question.masked:
        return mask_text(str(value)) if question.kind == "text" else "****"
    if question.kind == "people":
        known = {True: _("knows"), False: _("does not know")}
        told = (f"{(people or {}).get(point, '#' + point)} {known[knows]}" for point, knows in value.items())
        return showing.listed(told)
    return in_full(question, value, showing.language())


def in_full(question: Question, value: Any, language: str) -> str:
    """The answer with nothing masked."""
    join = "、" if language == "zh" else ", "
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if question.kind in ("choice", "choices"):
        chosen = value if isinstance(value, list) else [value]
        return join.join(question.choices[one].text(language) for one in chosen)
    if question.kind == "times":
        return f"{value['from']}–{value['to']}"
    if question.kind == "money":
        return showing.amount(value["minor"], value["currency"])
    if question.kind == "day":
        return _("day %(day)s") % {"day": value}
    return str(value)


def hint(question: Question, value: Any) -> str:
    assert question.hint is not None
    text = question.hint.text(showing.language())
    return text if value is True else f"{text}: {shown(question, value)}"


def field(what: str) -> str:
    """The name of a masked value: a field of the customer's, or a question of the interview."""
    question = form.current().questions.get(what.removeprefix(ANSWER)) if what.startswith(ANSWER) else None
    return question.text(showing.language()) if question else words.word(words.PERSONAL_FIELDS, what)


def named(points: Sequence[ContactPoint]) -> dict[str, str]:
    """The people around the case as a page names them."""
    return {
        str(p.pk): f"{words.word(words.RELATIONS, p.relation)} {showing.hidden_name(p.name)}".strip() for p in points
    }


def told(interview: Interview, points: Sequence[ContactPoint]) -> list[dict[str, Any]]:
    """Each section with its answers."""
    asked, people, language = reading.form_of(interview), named(points), showing.language()
    sections = []
    for section, title in asked.sections.items():
        lines = [
            {
                "id": q.id,
                "label": q.text(language),
                "value": shown(q, interview.answers[q.id], people),
                "masked": q.masked,
            }
            for q in asked.of_section(section)
            if q.id in interview.answers
        ]
        if lines:
            sections.append({"title": title.text(language), "lines": lines})
    return sections


def differing(before: Interview, after: Interview, points: Sequence[ContactPoint]) -> list[dict[str, Any]]:
    """What differs between two versions; of what is masked, that it differs."""
    people, language = named(points), showing.language()
    asked = {**reading.form_of(before).questions, **reading.form_of(after).questions}
    return [
        {
            "label": asked[one.question].text(language),
            "before": shown(asked[one.question], one.before, people),
            "after": shown(asked[one.question], one.after, people),
        }
        for one in answers.changes(before.answers, after.answers)
    ]


def imported(source: str) -> str:
    return _("imported from %(system)s") % {"system": source}


def version(one: Interview) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "kind": str(one.get_kind_display()),  # type: ignore[attr-defined]
        "held_on": one.held_on,
        "reason": one.reason,
        "at": showing.moment(one.at),
        "by": str(one.by) if one.by else imported(one.source),
        "form": one.form.version,
    }


def offer(one: feeding.Offer) -> dict[str, str]:
    return {
        "question": one.question,
        "kind": str(Wish.Kind(one.kind).label),
        "about": words.about_wish(one.channels, (), one.details),
    }


def fields(
    asked: Form, sent: answers.Sent, last: Interview | None, points: Sequence[ContactPoint]
) -> list[dict[str, Any]]:
    """The form's sections with what stands in each field."""
    language = showing.language()
    before = last.answers if last else {}
    return [
        {"title": title.text(language), "questions": [_field(q, sent, before, points) for q in asked.of_section(key)]}
        for key, title in asked.sections.items()
    ]


def _field(question: Question, sent: answers.Sent, before: answers.Answers, points: Sequence[ContactPoint]):
    language, id_ = showing.language(), question.id
    said = list(sent.get(id_, ()))
    made: dict[str, Any] = {
        "id": id_,
        "kind": question.kind,
        "label": question.text(language),
        "help": question.help.text(language) if question.help else "",
        "value": said[0] if said else "",
        "masked": shown(question, before[id_]) if question.masked and id_ in before else "",
        "none": bool(sent.get(f"none-{id_}")),
    }
    if question.kind == "yes_no":
        made["choices"] = [("", _("not asked")), (answers.YES, _("yes")), (answers.NO, _("no"))]
    elif question.kind in ("choice", "choices"):
        made["choices"] = [(key, text.text(language)) for key, text in question.choices.items()]
        made["said"] = said
    elif question.kind == "times":
        made |= {end: next(iter(sent.get(f"{id_}-{end}", ())), "") for end in ("from", "to")}
    elif question.kind == "people":
        made["people"] = [
            {"id": key, "text": text, "value": next(iter(sent.get(f"{id_}-{key}", ())), "")}
            for key, text in named(points).items()
        ]
    return made
