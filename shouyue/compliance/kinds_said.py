"""The kinds of rule that heed what the person said and what is going to be said to him."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from shouyue.compliance.inputs import NOTICE, Inputs, Judgement, Local
from shouyue.compliance.rule import Rule
from shouyue.compliance.said import PLACE, TIME, Said, ended, given_here

Params = Mapping[str, Any]


def stated_times(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    ends = [end for one in _heard(inputs, TIME) for end in _running(one, local)]
    return Judgement(bool(ends), max(ends, default=None))


def _heard(inputs: Inputs, kind: str) -> Iterator[Said]:
    return (
        one
        for one in inputs.said
        if one.kind == kind and one.at <= inputs.at and one.concerns(inputs.channel, inputs.purpose)
    )


def _running(one: Said, local: Local) -> Iterator[datetime]:
    """When the stated time that is running now ends; one that goes over midnight belongs to the day it begins on."""
    begins, ends = time.fromisoformat(one.begins), time.fromisoformat(one.ends)
    wall = local.wall
    for day in (wall.date() - timedelta(days=1), wall.date()):
        if one.weekdays and day.isoweekday() not in one.weekdays:
            continue
        last = day if begins < ends else day + timedelta(days=1)
        started = day < wall.date() or wall.time() >= begins
        over = wall.date() > last or (wall.date() == last and wall.time() >= ends)
        if started and not over:
            yield local.moment(last, ends)


def stated_places(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement | None:
    if not inputs.place:
        return None
    return Judgement(any(one.place == inputs.place for one in _heard(inputs, PLACE)))


def only_content(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    """Refuses another content; where the asker does not say, or says a lawful one, its words are shown."""
    if inputs.content and inputs.content not in params["only"]:
        return Judgement(True)
    return Judgement(False, verdict=NOTICE)


def lapses(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement | None:
    """Refuses nothing: it tells in the record until when what the person said holds."""
    given = list(_heard(inputs, params["fact"]))
    if not given or (params.get("direct") and not given_here(inputs)):
        return None
    assert local.zone is not None
    ends = [ended(rule, params, one, inputs, local.zone) for one in given]
    return Judgement(False, None if None in ends else max(end for end in ends if end is not None))
