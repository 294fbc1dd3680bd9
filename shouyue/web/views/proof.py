"""Proof: a contact, and the gate's decision behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, errors, queries, third_persons
from shouyue.casework.models import Contact, OtherSpeaker, Promise
from shouyue.casework.scripts import Element, up
from shouyue.compliance import gate, replaying
from shouyue.compliance.kinds import EXCLUSIONS
from shouyue.compliance.models import GateDecision
from shouyue.compliance.said import CALL_ASKED_FOR, Asked, Said
from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.web import rule_words, showing, whom, words
from shouyue.web.frame import DeskRequest


@require_GET
def contact(request: DeskRequest, contact_id: UUID) -> HttpResponse:
    """One contact: who, when, what was ticked and said, and the decision that let it through."""
    user = request.user
    found = (
        Contact.objects.select_related(
            "case__customer", "case__store", "contact_point", "staff", "attempt__decision", "other"
        )
        .filter(pk=contact_id, case__in=queries.visible_cases(user))
        .first()
    )
    if found is None:
        raise errors.NO_CONTACT.error()
    language = showing.language()
    speaker = third_persons.other(found)
    promises = Promise.objects.filter(contact=found).order_by("due_on")
    point = found.contact_point
    return render(
        request,
        "desk/contact.html",
        {
            "contact": found,
            "ticked": _ticked(calls.elements_of(found), found.elements, language),
            "speaker": _speaker(found, speaker, language) if speaker else None,
            "point": whom.number(point) if point else None,
            "promises": [whom.promise(p, found.business_day) for p in promises],
            "answer": _decision(found.attempt.decision, user),
        },
    )


def _ticked(elements: Iterable[Element], ticked: Mapping[str, str], language: str) -> list[tuple[str, str]]:
    there, _objections = up(tuple(elements), (), ticked)
    return [
        (e.text(language), next((o.text(language) for o in e.outcomes if o.id == ticked.get(e.id)), ""))
        for e in elements
        if e.id in there
    ]


def _speaker(contact: Contact, speaker: OtherSpeaker, language: str) -> dict[str, Any]:
    """Who took the line, when it changed hands, what might be said to him and what was ticked."""
    hands = {third_persons.OTHER: _("somebody else"), third_persons.BACK: _("the person called")}
    return {
        "who": words.word(words.RELATIONS, speaker.relation) if speaker.relation else "",
        "turns": [(showing.moment(datetime.fromisoformat(t["at"])), hands[t["to"]]) for t in speaker.turns],
        "may_say": " · ".join(words.word(words.CONTENTS, content) for content in speaker.may_say),
        "ticked": _ticked(calls.others_elements(contact), speaker.elements, language),
    }


@require_GET
def decision(request: DeskRequest, decision_id: UUID) -> HttpResponse:
    """A decision of the gate with all it looked at, taken again before the reader's eyes."""
    user = request.user
    require(user, "decision.view")
    found = GateDecision.objects.filter(pk=decision_id).first()
    if found is None or not queries.visible_cases(user).filter(customer__person_id=found.person_id).exists():
        raise errors.NO_CONTACT.error()
    return render(request, "desk/decision.html", {"answer": _decision(found, user)})


def _decision(found: GateDecision, user: User) -> dict[str, Any]:
    answer, language = gate.answer_of(found), showing.language()
    rests = _evidence(found)
    return {
        "id": found.pk,
        "at": showing.moment(found.at),
        "allowed": found.allowed,
        "words": answer.words(language),
        "channel": words.word(words.CHANNELS, found.channel),
        "purpose": words.word(words.PURPOSES, found.purpose),
        "relation": words.word(words.RELATIONS, answer.relation),
        "zone": answer.zone,
        "pack": found.pack,
        "digest": found.pack_digest,
        "next": showing.moment(found.next_allowed_at),
        "same": _same(found),
        "press": sorted({f.rule for f in answer.refusals if rests.get(f.rule) == "press"}),
        "findings": [
            {
                "rule": f.rule,
                "verdict": words.word(words.VERDICTS, f.verdict),
                "tone": {"passes": "good", "refuses": "bad", "warns": "warn", "notice": "info"}.get(f.verdict, ""),
                "says": f.zh if language == "zh" else f.en,
                "source": f.source_zh if language == "zh" else f.source_en,
                "evidence": words.word(words.EVIDENCE, rests.get(f.rule, "")),
                "press": rests.get(f.rule) == "press",
                "count": f.count,
                "limit": f.limit,
                "until": showing.moment(f.until),
                "value": rule_words.value(f.kind, f.value),
            }
            for f in answer.findings
        ],
        "zones": list(dict.fromkeys((*found.inputs.get("told_zones", ()), *found.inputs.get("also_zones", ())))),
        "facts": [(rule_words.fact(key), rule_words.told(was)) for key, was in sorted(found.inputs["facts"].items())],
        "said": [*_asked(found), *(_said(Said.from_json(one)) for one in found.inputs.get("said", ()))],
        "past": [
            {
                "at": showing.moment(datetime.fromisoformat(past["at"])),
                "channel": words.word(words.CHANNELS, past.get("channel", "")),
                "outcome": words.word(words.OUTCOMES, past.get("outcome", "")),
                "same_number": past.get("same_number"),
                "loans": ", ".join(past.get("loans", ())),
                "apart": [rule_words.fact(mark) for mark in sorted(EXCLUSIONS) if past.get(mark)],
            }
            for past in found.inputs.get("past", [])
        ],
    }


def _asked(found: GateDecision) -> Iterator[tuple[str, str, str]]:
    """The call that he asked for: for when, and when he said so."""
    if "asked" in found.inputs:
        one = Asked.from_json(found.inputs["asked"])
        about = f"{showing.moment(one.begins)} – {showing.moment(one.ends)}"
        yield rule_words.fact(CALL_ASKED_FOR), about, showing.moment(one.at)


def _said(one: Said) -> tuple[str, str, str]:
    """What was said, about which contacts, and when."""
    details = {key: value for key in ("begins", "ends", "weekdays", "place") if (value := getattr(one, key))}
    return words.wish(one.kind), words.about_wish(one.channels, one.purposes, details), showing.moment(one.at)


def _evidence(found: GateDecision) -> dict[str, str]:
    """What each rule of the pack by which was decided rests on; nothing where the pack is no longer there."""
    try:
        return {rule.id: rule.evidence for rule in replaying.Packs().of(found).rules}
    except ShouyueError:
        return {}


def _same(found: GateDecision) -> bool | None:
    """Does the decision come out the same when taken again? None when its pack is no longer there."""
    try:
        return replaying.replay(found.pk).same
    except ShouyueError:
        return None
