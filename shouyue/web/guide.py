"""The right side of the case page: the script with the case's values in it, and the outcome's choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from shouyue.base import money
from shouyue.base.settings import lender
from shouyue.casework import calls, manners, reasons
from shouyue.casework.house import house
from shouyue.casework.models import Contact, ContactPoint, Loan, Phase, Promise
from shouyue.casework.models.speaking import RELATIONS
from shouyue.casework.outcome import NEXT_ACTIONS, OFFERED
from shouyue.casework.queries import CasePage
from shouyue.casework.script_facts import broken, facts_of, hears_his_own
from shouyue.casework.scripts import HARMLESS, Facts, Script, Spoken, shown, up, versions
from shouyue.casework.scripts.model import VALUES_FOR, asked_ticks
from shouyue.casework.third_persons import is_third, other, took_line
from shouyue.people.models import User
from shouyue.web import showing, words
from shouyue.web.forms import OutcomeForm

#: keys that choose an answer, and a result, in the outcome form
REACHED_KEYS = {"self": "b", "guarantor": "y", "other": "e", "nobody": "u", "off": "o", "invalid": "v", "wrong": "z"}
RESULT_KEYS = {
    "promise": "p",
    "confirmed": "k",
    "will_deposit": "d",
    "paid": "a",
    "call_back": "w",
    "message_left": "l",
    "refused": "r",
    "stop": "t",
    "dispute": "i",
    "hardship": "f",
    "no_result": "x",
}


def values(page: CasePage, point: ContactPoint | None, user: User, audience: str) -> dict[str, str]:
    """What a script's sentences may say of this case to whom it is for; to a third person, names and nothing else."""
    case = page.case
    spoken = {"name": looked_for(page), "staff": str(user)}
    if audience == "third_person":
        assert set(spoken) == HARMLESS
        return spoken
    lead = _lead(page)
    promise = broken(case)
    debit = (lead.debit_date if lead else None) or case.next_due
    told = spoken | {
        "guarantor": (point.name if point else "") or "……",
        "lender": lender() or _("our company"),
        "due_date": case.next_due.isoformat() if case.next_due else "……",
        "debit_date": debit.isoformat() if debit else "……",
        "amount": showing.amount(case.due_minor, case.currency),
        "overdue": showing.amount(case.overdue_minor, case.currency),
        "dpd": str(case.dpd),
        "account": (lead.debit_account if lead else "") or "……",
        "promised_amount": showing.amount(promise.amount_minor, promise.currency) if promise else "……",
        "promised_on": promise.due_on.isoformat() if promise else "……",
    }
    return {key: value for key, value in told.items() if key in VALUES_FOR[audience]}


def looked_for(page: CasePage) -> str:
    """The borrower's name; on the line of a guarantor that somebody else took, the guarantor's."""
    point = page.call.contact_point if page.call else None
    if page.call is not None and took_line(page.call) and point is not None and point.relation == "guarantor":
        return point.name or "……"
    return page.case.customer.name or "……"


def _lead(page: CasePage) -> Loan | None:
    """The loan that the call is about: the one due next, or the one most days late."""
    if page.case.phase == Phase.REMINDER:
        due = [one for one in page.loans if one.next_due == page.case.next_due]
        return due[0] if due else (page.loans[0] if page.loans else None)
    return page.loans[0] if page.loans else None


def script_for(page: CasePage, point: ContactPoint | None, user: User) -> dict[str, Any]:
    relation = point.relation if point else "self" if page.call is None else "other"
    case = page.case
    if page.call is not None:
        chosen, facts = calls.script_of(page.call)
        if took_line(page.call):
            theirs = calls.others_script(page.call)
            if theirs is None:
                return {"title": "", "elements": [], "objections": [], "ticked": 0, "up": 0}
            chosen = theirs
    else:
        facts = facts_of(case, page.interview if hears_his_own(relation) else None, user)
        chosen = versions.chosen(case.as_of, case.phase, relation, case.treatment, facts).script
    ticked = calls.written(page.call).elements if page.call else {}
    his = page.manner.manner if page.manner and chosen.audience == "borrower" else ""
    return said(chosen, facts, values(page, point, user, chosen.audience), showing.language(), ticked, his)


def said(
    chosen: Script,
    facts: Facts,
    spoken: Mapping[str, str],
    lang: str,
    ticked: Mapping[str, str] | None = None,
    manner: str = "",
) -> dict[str, Any]:
    """A script as a rep sees it: what fits the facts, with the values in its sentences; first the answers for somebody
    who came across in that ``manner``."""
    ticked = ticked or {}
    elements, objections = shown(chosen, facts)
    fitting = manners.fitting(manner)
    there, answers = up(elements, objections, ticked)
    if chosen.audience == "borrower":
        spoken = {**spoken, **{key: value or "……" for key, value in facts.spoken(lang).items()}}
    marked = {key: format_html("<b>{}</b>", value) for key, value in spoken.items()}
    return {
        "title": chosen.text(lang),
        "identified": "guarantor" if chosen.audience == "guarantor" else "self",
        "elements": [
            {
                "id": e.id,
                "text": e.text(lang),
                "say": _say(e, lang, marked),
                "ticked": ticked.get(e.id, ""),
                "outcomes": [(o.id, o.text(lang), o.ends, o.result, n) for n, o in enumerate(e.outcomes, 1)],
                "up": e.id in there,
                "after": _after(e),
            }
            for e in elements
        ],
        "objections": [
            {
                "text": o.text(lang),
                "say": _say(o, lang, marked),
                "up": o.id in answers,
                "after": _after(o),
                "fits": o.id in fitting,
            }
            for o in manners.fitting_first(objections, fitting)
        ],
        "ticked": sum(id_ in there for id_ in ticked),
        "up": len(there),
    }


def _after(part: Spoken) -> str:
    """The ticks that bring it up, as the page reads them; empty where it does not depend on any."""
    asked = asked_ticks(part.when)
    return json.dumps(asked) if asked else ""


def _say(part: Spoken, lang: str, marked: dict[str, SafeString]) -> SafeString:
    """The sentence with the values set off, all of it escaped; one with a fault, in a draft, as it is written."""
    text = escape(part.say_zh if lang == "zh" else part.say_en)
    try:
        return mark_safe(text.format_map(marked))  # noqa: S308
    except (KeyError, ValueError, IndexError, AttributeError):
        return text


def _advice(reason: str) -> str:
    known = reasons.advice().get(reason)
    return known.text(showing.language()) if known else ""


def _manner_advice(manner: str) -> str:
    known = manners.advice().get(manner)
    return known.text(showing.language()) if known else ""


def outcome_fields(page: CasePage, form: OutcomeForm | None) -> dict[str, Any]:
    """The outcome form's choices and what stands in it: what was sent, else the house's suggestion.

    Without a call it is for one that came in, or for a visit: from whomever was spoken to.
    """
    case, call = page.case, page.call
    third = call is not None and is_third(call)
    taken = call is not None and took_line(call)
    sent = form.data if form is not None else {"reached": "other"} if taken else {}
    speaker = other(call) if call is not None and taken else None
    kind = case.phase if not third else "apology" if speaker is not None and not speaker.may_say else "third_person"
    results = dict(Contact.Result.choices)
    standing = [p for p in page.promises if p.state == Promise.State.OPEN]
    offered = [
        key
        for key in (*OFFERED[kind], *(() if call else (Contact.Result.STOP,)))
        if standing or key != Contact.Result.CONFIRMED
    ]
    suggested = case.overdue_minor if case.phase == Phase.COLLECTION else case.due_minor
    return {
        "errors": form.errors if form is not None else {},
        "whole": " ".join(map(str, form.non_field_errors())) if form is not None else "",
        "reached": [
            (key, text, REACHED_KEYS[key], sent.get("reached") == key)
            for key, text in Contact.Reached.choices
            if not taken or key in ("other", "wrong")
        ],
        "results": [(key, results[key], RESULT_KEYS[key], sent.get("result") == key) for key in offered],
        "whys": [
            (key, text, sent.get("why_late") == key, _advice(key)) for key, text in Contact.WhyLate.choices if not third
        ],
        "manners": [
            (key, text, sent.get("manner") == key, _manner_advice(key))
            for key, text in Contact.Manner.choices
            if not third
        ],
        "next_actions": [
            (key, words.word(words.NEXT_ACTIONS, key), sent.get("next_action") == key) for key in NEXT_ACTIONS
        ],
        "promise_amount": sent.get("promise_amount", "" if third else str(money.from_minor(suggested, case.currency))),
        "promise_due": sent.get("promise_due", (case.as_of + timedelta(days=house().suggested_days)).isoformat()),
        "promise_latest": (case.as_of + timedelta(days=house().latest_days)).isoformat(),
        "promise_first": case.as_of.isoformat(),
        "promise_more": [
            {"n": n, "amount": sent.get(f"promise_amount_{n}", ""), "due": sent.get(f"promise_due_{n}", "")}
            for n in range(2, house().most_parts + 1)
        ],
        "promise_standing": [(showing.amount(p.amount_minor, p.currency), p.due_on.isoformat()) for p in standing],
        "promise_beside": bool(sent.get("promise_beside")),
        "currency": case.currency,
        "whos": [
            (key, words.word(words.RELATIONS, key), sent.get("who", speaker.relation if speaker else "") == key)
            for key in RELATIONS
        ],
        "note": sent.get("note", calls.written(call).note if call else ""),
        "wording_reason": sent.get("wording_reason", ""),
        "next_at": sent.get("next_action_at", ""),
        "may_promise": "promise" in offered,
    }
