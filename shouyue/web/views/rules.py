"""The rules in force: what each limits, by which source, since when; what the lender added. And: when may I next?"""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shouyue.base import clock
from shouyue.casework import errors, queries
from shouyue.casework.asking import questions, without_number
from shouyue.compliance import gate, pack
from shouyue.compliance.rule import CHANNELS, Rule, Value
from shouyue.people.permissions import require
from shouyue.web import rule_words, showing, whom, words
from shouyue.web.frame import DeskRequest, today


@require_GET
def rules(request: DeskRequest) -> HttpResponse:
    """Every rule of the pack in force, the lender's own among them."""
    require(request.user, "decision.view")
    by, day, zh = pack.active(), today(request) or clock.now().date(), showing.language() == "zh"
    shown = [_rule(rule, rule.value_on(day), zh) for rule in by.rules]
    house = by.content.get("house")
    return render(
        request,
        "desk/rules.html",
        {
            "pack": by.name,
            "title": by.title_zh if zh else by.title_en,
            "digest": by.digest,
            "day": day,
            "judged": [r for r in shown if r["kind"] not in ("conduct", "wording")],
            "conduct": [r for r in shown if r["kind"] == "conduct"],
            "wording": [r for r in shown if r["kind"] == "wording"],
            "house": f"{house['id']} {house['version']}" if house else "",
            "summed_up": [r["id"] for r in shown if r["press"]],
            "excepted": [r["id"] for r in shown if r["excepted"]],
        },
    )


def _rule(rule: Rule, now: Value | None, zh: bool) -> dict[str, Any]:
    params = {**(now or rule.values[-1]).params, "count": "…", "limit": (now or rule.values[-1]).params.get("max", "")}
    return {
        "id": rule.id,
        "kind": rule.kind,
        "says": (rule.zh if zh else rule.en).format(**params),
        "severity": words.word(words.SEVERITIES, rule.severity),
        "tone": {"block": "bad", "warn": "warn"}.get(rule.severity, ""),
        "evidence": words.word(words.EVIDENCE, rule.evidence),
        "press": rule.evidence == "press",
        "excepted": [rule_words.fact(fact) for fact in rule.press],
        "tightens": rule.tightens,
        "channels": [words.word(words.CHANNELS, c) for c in CHANNELS if c in rule.channels],
        "in_force": now is not None,
        "enforced_by": rule.enforced_by.zh if zh else rule.enforced_by.en,
        "note": rule.note.zh if zh else rule.note.en,
        "values": [
            {
                "from": value.valid_from.isoformat(),
                "now": value is now,
                "source": value.source_zh if zh else value.source_en,
                "value": _value(rule, value, zh),
            }
            for value in rule.values
        ],
    }


def _value(rule: Rule, value: Value, zh: bool) -> str:
    if rule.kind == "wording":
        return " · ".join(value.params["words_zh" if zh else "words_en"])
    return rule_words.value(rule.kind, value.params)


@require_GET
def when(request: DeskRequest, case_id: int, point_id: int) -> HttpResponse:
    """For one of the customer's numbers and the person behind it: may I now, and when next, by every way."""
    user = request.user
    case = queries.case(user, case_id)
    prefetch_related_objects([case], "promises", "customer__loans")  # each way asks for them
    point = case.customer.contact_points.filter(pk=point_id).first()
    if point is None:
        raise errors.NO_NUMBER.error()
    now = clock.now()
    asked = questions(case, [(point, channel) for channel in CHANNELS], user, now)
    answers = gate.preview_many([without_number(q) for q in asked])
    return render(request, "desk/_when.html", {"ways": [whom.way(answer) for answer in answers]})
