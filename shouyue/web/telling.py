"""The timeline in words: what happened, by whom, and what of it matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from shouyue.casework import lost_contact
from shouyue.casework.models import Case, Contact, Interview, LostStep, Phase, Plan, Promise, TimelineEntry, Visit
from shouyue.messaging.models import Letter
from shouyue.web import interview_words, showing, words

Kind = TimelineEntry.Kind
_REACHED: dict[str, object] = dict(Contact.Reached.choices)
_RESULT: dict[str, object] = dict(Contact.Result.choices)
_WHY: dict[str, object] = dict(Contact.WhyLate.choices)
_MANNER: dict[str, object] = dict(Contact.Manner.choices)


@dataclass(slots=True)
class Told:
    """One entry: a title, a smaller line, what somebody wrote, and pages that tell more."""

    icon: str
    tone: str
    title: str
    detail: str = ""
    note: str = ""
    link: str = ""
    #: the loans as they were known on the day of the call
    known: str = ""
    link_text: str = ""
    at: str = ""
    actor: str = ""


def tell(entries: list[TimelineEntry], strategy: str) -> list[tuple[str, list[Told]]]:
    """Entries by day, newest first; ``strategy`` gives the names of segments."""
    days: dict[str, list[Told]] = {}
    for entry in entries:
        told = TELL[entry.kind](entry.data, strategy)
        local = entry.at.astimezone(showing.home_zone())
        told.at = f"{local:%H:%M}"
        told.actor = str(entry.actor) if entry.actor_id else ""
        days.setdefault(local.date().isoformat(), []).append(told)
    return list(days.items())


def _amount(data: dict, key: str) -> str:
    return showing.amount(data.get(key), data.get("currency") or "CNY")


def _both(data: dict, stem: str) -> str:
    """The text of the page's language among two that were stored (``zh``/``en``, ``reason_zh``/``reason_en``)."""
    return str(data.get(f"{stem}{showing.language()}") or "")


def _words(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _phase(key: str) -> str:
    return str(dict(Phase.choices).get(key, key))  # type: ignore[arg-type]


def _segment(key: str, strategy: str) -> str:
    return words.strategy_label(strategy, "segments", key, get_language() or "zh-hans")


def _opened(data: dict, strategy: str) -> Told:
    return Told(
        "flag",
        "",
        _("Case opened"),
        _words(_phase(data.get("phase", "")), _segment(data.get("segment", ""), strategy), _both(data, "reason_")),
    )


def _came(data: dict, strategy: str) -> Told:
    if data.get("to") == Phase.REMINDER:
        return Told("flag", "good", _("Back to reminder"))
    return Told("flag", "bad", _("Came into collection"), _words(_amount(data, "overdue_minor")))


def _moved(data: dict, strategy: str) -> Told:
    return Told(
        "flag",
        "",
        _("Segment changed"),
        f"{_segment(data.get('from', ''), strategy)} → {_segment(data.get('to', ''), strategy)}",
    )


def _allocated(data: dict, strategy: str) -> Told:
    return Told("person", "", _("Allocated to %(name)s") % {"name": data.get("taker_name", "")}, _both(data, ""))


def _handed_over(data: dict, strategy: str) -> Told:
    return Told(
        "swap",
        "",
        _("Handed over to %(name)s") % {"name": data.get("taker_name", "")},
        _words(words.word(words.HANDOVER_REASONS, data.get("reason", "")), _kept(data)),
        data.get("note", ""),
    )


def _reported(data: dict) -> Told:
    """A contact that an agency made and reported."""
    return Told(
        "phone",
        "" if data.get("allowed", True) else "bad",
        _("Agency %(code)s") % {"code": data["agency"]},
        _words(
            words.word(words.CHANNELS, data.get("channel", "")),
            words.word(words.RELATIONS, data.get("relation", "")),
            words.word(words.OUTCOMES, data.get("outcome", "")),
            "" if data.get("allowed", True) else _("beyond the law"),
        ),
        link=reverse("decision", args=[data["decision"]]),
    )


def _contact(data: dict, strategy: str) -> Told:
    if data.get("agency"):
        return _reported(data)
    reached, result = data.get("reached", ""), data.get("result", "")
    relation = data.get("relation", "")
    tone = (
        "good" if result in ("promise", "confirmed", "will_deposit", "paid") else "bad" if result == "refused" else ""
    )
    return Told(
        "phone",
        tone,
        _words(str(_REACHED.get(reached, reached)), str(_RESULT.get(result, result)) if result else ""),
        _words(
            _("Rang us") if data.get("inbound") else words.word(words.CHANNELS, data.get("channel", "")),
            words.word(words.RELATIONS, relation) if relation not in ("", "self") else "",
            _line_taken(data),
            str(_WHY.get(data.get("why_late", ""), "")),
            str(_MANNER.get(data.get("manner", ""), "")),
            _kept(data),
        ),
        data.get("note", ""),
        reverse("contact", args=[data["contact"]]) if data.get("contact") else "",
        reverse("known-then", args=[data["contact"]]) if data.get("contact") else "",
    )


def _line_taken(data: dict) -> str:
    """Somebody else had the borrower's line, in the end or before the borrower came."""
    if not (who := data.get("line_taken_by")):
        return ""
    said = _("somebody else, nothing disclosed") if who == "other" else words.word(words.RELATIONS, who)
    if data.get("inbound"):
        return _("rang: %(who)s") % {"who": said}
    if data.get("channel") == "visit":
        return _("met: %(who)s") % {"who": said}
    if data.get("reached") in ("self", "guarantor"):
        return _("first answered by: %(who)s") % {"who": said}
    return _("answered by: %(who)s") % {"who": said}


def _refused(data: dict, strategy: str) -> Told:
    return Told(
        "stop",
        "warn",
        _("The gate said no"),
        _both(data, ""),
        link=reverse("decision", args=[data["decision"]]) if data.get("decision") else "",
    )


def _promise(data: dict, strategy: str) -> Told:
    return Told(
        "handshake",
        "good",
        _("Promises %(amount)s by %(day)s") % {"amount": _amount(data, "amount_minor"), "day": data.get("due_on", "")},
    )


def _judged(data: dict, strategy: str) -> Told:
    state = data.get("state", "")
    tone = {"kept": "good", "part_kept": "warn", "broken": "bad"}.get(state, "")
    return Told(
        "handshake",
        tone,
        _("Promise: %(state)s") % {"state": dict(Promise.State.choices).get(state, state)},  # type: ignore[arg-type]
        _("%(paid)s of %(amount)s came in, due %(day)s")
        % {"paid": _amount(data, "paid_minor"), "amount": _amount(data, "amount_minor"), "day": data.get("due_on", "")},
    )


def _promised(data: dict) -> str:
    day = data.get("due_on", "")
    return _("%(amount)s by %(day)s") % {"amount": _amount(data, "amount_minor"), "day": day}


def _confirmed(data: dict, strategy: str) -> Told:
    return Told("handshake", "good", _("Will keep the promise"), _promised(data))


def _cancelled(data: dict, strategy: str) -> Told:
    reason = words.word(words.PROMISE_ENDS, data.get("reason", ""))
    return Told("handshake", "warn", _("Promise cancelled"), _words(_promised(data), reason))


def _payment(data: dict, strategy: str) -> Told:
    if data.get("reversal_of"):
        return Told(
            "money",
            "bad",
            _("Payment reversed: %(amount)s") % {"amount": _amount(data, "amount_minor")},
            data.get("loan", ""),
        )
    value, booked = data.get("value_date") or "", data.get("booked_on") or ""
    return Told(
        "money",
        "good",
        _("Paid %(amount)s") % {"amount": _amount(data, "amount_minor")},
        _words(
            data.get("loan") or "",
            _("value date %(day)s") % {"day": value} if value else "",
            _("booked %(day)s") % {"day": booked} if booked and booked != value else "",
        ),
    )


def _revealed(data: dict, strategy: str) -> Told:
    return Told(
        "eye",
        "",
        _("Revealed: %(field)s") % {"field": interview_words.field(data.get("what", ""))},
        words.word(words.REVEAL_REASONS, data.get("reason", "")),
    )


def _plan(data: dict, strategy: str) -> Told:
    state = data.get("state", "")
    link = reverse("plan", args=[data["plan"]]) if data.get("plan") else ""
    if data.get("made"):
        what = {"count": data.get("count", ""), "amount": _amount(data, "amount_minor"), "day": data.get("due_on", "")}
        return Told(
            "handshake",
            "good",
            _("Payment plan made"),
            _("%(amount)s in %(count)s parts until %(day)s") % what,
            link=link,
            link_text=_("View"),
        )
    tone = {"kept": "good", "broken": "bad", "active": "info"}.get(state, "")
    return Told(
        "handshake",
        tone,
        _("Payment plan: %(state)s") % {"state": dict(Plan.State.choices).get(state, state)},  # type: ignore[arg-type]
        _words(
            words.word(words.PLAN_ENDS, data["reason"]) if data.get("reason") else "",
            _("%(paid)s came in") % {"paid": _amount(data, "paid_minor")} if "paid_minor" in data else "",
            _("due %(day)s") % {"day": data["due_on"]} if data.get("due_on") else "",
        ),
        link=link,
        link_text=_("View"),
    )


def _lost(data: dict, strategy: str) -> Told:
    step, outcome = lost_contact.steps().get(data.get("step", "")), data.get("outcome", "")
    return Told(
        "search",
        "good" if outcome == lost_contact.FOUND else "",
        _("Lost contact: %(outcome)s") % {"outcome": dict(LostStep.Outcome.choices).get(outcome, outcome)},  # type: ignore[arg-type]
        _words(step.text(get_language() or "zh-hans") if step else data.get("step", ""), _kept(data)),
        data.get("note", ""),
    )


def _concession(data: dict, strategy: str) -> Told:
    action = data.get("action", "")
    tone = {"approve": "good", "find": "good", "reject": "bad", "differ": "bad", "expire": "warn"}.get(action, "")
    return Told(
        "money",
        tone,
        _("Concession: %(what)s") % {"what": words.word(words.WAIVER_ACTIONS, action)},
        _words(_amount(data, "amount_minor"), data.get("loan", ""), _kept(data)),
        data.get("note", ""),
        reverse("concession", args=[data["concession"]]) if data.get("concession") else "",
        link_text=_("View"),
    )


def _quote(data: dict, strategy: str) -> Told:
    action = data.get("action", "")
    tone = {"accept": "good", "pay": "good", "find": "good", "differ": "bad", "expire": "warn"}.get(action, "")
    return Told(
        "scale",
        tone,
        _("Early settlement: %(what)s") % {"what": words.word(words.QUOTE_ACTIONS, action)},
        _words(_amount(data, "amount_minor"), data.get("pay_by", ""), data.get("loan", ""), _kept(data)),
        data.get("note", ""),
        reverse("quote", args=[data["quote"]]) if data.get("quote") else "",
        link_text=_("View"),
    )


def _matter(data: dict, strategy: str) -> Told:
    action = data.get("action", "")
    tone = {"open": "warn", "confirm": "warn", "pause": "info", "release": "good", "reject": "good"}.get(action, "")
    until = data.get("until") or ""
    return Told(
        "heart",
        tone,
        f"{words.matter(data.get('about', ''))}: {words.word(words.MATTER_ACTIONS, action)}",
        _words(_("until %(day)s") % {"day": until} if until else "", _kept(data)),
        data.get("note", ""),
        reverse("matter", args=[data["matter"]]) if data.get("matter") else "",
        link_text=_("View"),
    )


def _kept(data: dict) -> str:
    """Why words that a rule warns of were kept."""
    return _("Words kept because: %(reason)s") % {"reason": data["wording_reason"]} if data.get("wording") else ""


def _interview(data: dict, strategy: str) -> Told:
    kind = Interview.Kind(data.get("about", Interview.Kind.INTERVIEW))
    count = data.get("count", 0)
    return Told(
        "person",
        "",
        f"{kind.label} {data.get('version', '')}",
        _words(
            ngettext("%(count)d answer", "%(count)d answers", count) % {"count": count},
            interview_words.imported(data["source"]) if data.get("source") else "",
            _kept(data),
        ),
        data.get("reason", ""),
        reverse("interview", args=[data["customer"]]) if data.get("customer") else "",
        link_text=_("View"),
    )


def _wish(data: dict, strategy: str) -> Told:
    kind = words.wish(data.get("about", ""))
    return Told(
        "heart",
        "info",
        _("Wish: %(wish)s") % {"wish": kind} if data.get("given", True) else _("Wish ended: %(wish)s") % {"wish": kind},
        showing.moment(datetime.fromisoformat(data["until"]))
        if data.get("until")
        else words.about_wish(data.get("channels", ()), (), data),
        link=reverse("customer", args=[data["customer"]]) if data.get("customer") else "",
        link_text=_("View"),
    )


def _visit(data: dict, strategy: str) -> Told:
    action = words.word(words.VISIT_ACTIONS, data.get("action", ""))
    at = data.get("planned_for")
    return Told(
        "flag",
        "warn" if data.get("action") == "cancel" else "",
        _("Visit: %(what)s") % {"what": action},
        _words(
            str(dict(Visit.Place.choices).get(data.get("place", ""), "")),
            showing.moment(datetime.fromisoformat(at)) if at else "",
            _kept(data),
        ),
        data.get("note", ""),
        reverse("visit", args=[data["visit"]]) if data.get("visit") else "",
        link_text=_("View"),
    )


def _note(data: dict, strategy: str) -> Told:
    return Told("note", "", _("Note"), _kept(data), note=data.get("text", ""))


def _placed(data: dict, strategy: str) -> Told:
    agency, until = data.get("agency", ""), data.get("until") or ""
    titles = {
        "place": _("Placed with agency %(code)s"),
        "extend": _("Longer with agency %(code)s"),
        "take_back": _("Taken back from agency %(code)s"),
        "term": _("The time with agency %(code)s is over"),
    }
    said = titles.get(data.get("about", ""), "%(code)s") % {"code": agency}
    return Told("phone", "", said, _("until %(day)s") % {"day": until} if until else "")


def _guarantor(data: dict, strategy: str) -> Told:
    title = (
        _("The contract binds the guarantor") if data.get("liable") else _("The contract does not bind the guarantor")
    )
    return Told("person", "" if data.get("liable") else "warn", title, note=data.get("note", ""))


def _number(data: dict, strategy: str) -> Told:
    if found := data.get("mark"):
        tone = "good" if found == "verified" else "warn"
        whose = words.word(words.RELATIONS, data.get("relation", ""))
        about = _words(whose, words.word(words.NUMBER_TELLERS, data.get("source", "")))
        return Told("phone", tone, words.word(words.NUMBER_MARKS, found), about)
    if "corrected" in data:
        return _number_corrected(data)
    said = (("relation", words.RELATIONS), ("place", words.PLACES), ("source", words.NUMBER_SOURCES))
    about = _words(*(words.word(kept, data.get(key, "")) for key, kept in said))
    return Told("phone", "", _("New number"), about, note=data.get("note", ""))


def _told(data: dict, strategy: str) -> Told:
    title = _("Address told") if data.get("what") == "address" else _("Employer told")
    letters = _("letters go there") if data.get("letters") else ""
    about = _words(words.word(words.DETAIL_SOURCES, data.get("source", "")), letters)
    return Told("person", "warn", title, about, note=data.get("note", ""))


def _number_corrected(data: dict) -> Told:
    changes = [
        " → ".join(words.word(kept, value) or "–" for value in data[key])
        for key, kept in (("relation", words.RELATIONS), ("place", words.PLACES))
        if key in data
    ]
    name = _("name of the holder") if "name" in data["corrected"] else ""
    told = words.word(words.CORRECTION_SOURCES, data.get("source", ""))
    return Told("phone", "warn", _("Number corrected"), _words(*changes, name, told), note=data.get("note", ""))


def _letter(data: dict, strategy: str) -> Told:
    state = str(dict(Letter.State.choices).get(data.get("state", ""), ""))
    return Told("note", "", _("Letter %(number)s") % {"number": data.get("number", "")}, state)


def _closed(data: dict, strategy: str) -> Told:
    reason = data.get("reason", "")
    because = str(dict(Case.CloseReason.choices).get(reason, reason))  # type: ignore[arg-type]
    return Told("check", "good", _("Case closed"), _words(because, _kept(data)), note=data.get("note", ""))


def _taken_up(data: dict, strategy: str) -> Told:
    return Told("flag", "warn", _("Work taken up again"), _kept(data), note=data.get("note", ""))


TELL: dict[str, Callable[[dict, str], Told]] = {
    Kind.OPENED: _opened,
    Kind.PHASE: _came,
    Kind.SEGMENT: _moved,
    Kind.ALLOCATED: _allocated,
    Kind.HANDED_OVER: _handed_over,
    Kind.CONTACT: _contact,
    Kind.REFUSED: _refused,
    Kind.PROMISE: _promise,
    Kind.PROMISE_JUDGED: _judged,
    Kind.PROMISE_CONFIRMED: _confirmed,
    Kind.PROMISE_CANCELLED: _cancelled,
    Kind.PAYMENT: _payment,
    Kind.REVEALED: _revealed,
    Kind.CONCESSION: _concession,
    Kind.QUOTE: _quote,
    Kind.INTERVIEW: _interview,
    Kind.LOST: _lost,
    Kind.MATTER: _matter,
    Kind.PLAN: _plan,
    Kind.LETTER: _letter,
    Kind.NOTE: _note,
    Kind.GUARANTOR: _guarantor,
    Kind.NUMBER: _number,
    Kind.TOLD: _told,
    Kind.PLACED: _placed,
    Kind.VISIT: _visit,
    Kind.WISH: _wish,
    Kind.CLOSED: _closed,
    Kind.TAKEN_UP: _taken_up,
}


def instalments(schedule: list[dict], as_of: date, currency: str) -> list[dict[str, str]]:
    """The instalments of a loan as the page shows them, with a state: paid, late_paid, late, part, open."""
    return [_instalment(item, as_of, currency) for item in schedule]


def _days_late(item: dict, as_of: date) -> int:
    """Days from the day an instalment counts from until it was met, or until ``as_of``; negative: early."""
    begins = item.get("counts_from") or item.get("due")
    ends = item.get("met_on") or as_of.isoformat()
    return (date.fromisoformat(ends) - date.fromisoformat(begins)).days if begins else 0


def _instalment(item: dict, as_of: date, currency: str) -> dict[str, str]:
    due, met = item.get("due") or "", item.get("met_on") or ""
    amount, paid, late = item.get("amount") or 0, item.get("paid") or 0, _days_late(item, as_of)
    if met or paid >= amount:
        state, text = ("late_paid", _("paid late")) if late > 0 else ("paid", _("paid"))
    elif due < as_of.isoformat():
        state, text = "late", _("late")
    else:
        state, text = ("part", _("part paid")) if paid else ("open", _("open"))
    return {
        "seq": str(item.get("seq", "")),
        "due": due,
        "debit": item.get("debit") or "",
        "amount": showing.amount(amount, currency),
        "paid": showing.amount(paid, currency) if paid else "–",
        "met": met,
        "late": showing.days(late) if late > 0 else "",
        "state": state,
        "text": text,
    }
