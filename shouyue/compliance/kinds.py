"""The kinds of rule: what a pack can say, how it is judged, and what makes one stricter than another.

| kind | values | fires when |
|---|---|---|
| quiet_hours | from, to | the person's clock, wherever he may be, shows ``from`` or later, up to but without ``to`` |
| count | of, per, days, max | ``max`` attempts with an outcome in ``of`` lie in the last ``days`` calendar days |
| pause_after | after, per, days | such an attempt lies in the last ``days`` calendar days, its own day the first |
| busy | minutes | a colleague began an attempt less than ``minutes`` ago that has no outcome yet |
| only_when | any_of, missing | none of the facts holds |
| never_when | any_of | one of the facts holds |
| never | | always |
| hold_until | fact | the day (to its end) or moment that the fact names has not come |
| fresh_within | fact, days | the day that the fact names is more than ``days`` days ago |
| stated_times | | the person called this time of day inconvenient |
| stated_places | | the person called this kind of place inconvenient |
| only_content | only | something else than the contents in ``only`` is going to be said; its words are shown anyhow |
| lapses | fact, days, after, direct | never; what the person allowed under that name ends (below) |
| notice | | never; its words are shown |
| wording | uses, words_zh, words_en, patterns, sounds, pinyin, in_notes | not judged before a contact: see wording.py |
| conduct | | not judged when a contact begins; ``enforced_by`` says where it is |

What a person allowed ends after ``days`` days, its own day the first, or with a contact whose outcome is in ``after``;
where it is ``direct`` it is the borrower's to the desk: no agency's, and none of a guarantor's.

Calendar days are the person's. An outcome is one of AttemptOutcome's kinds or ``open``: begun, nothing reported yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from shouyue.compliance import errors
from shouyue.compliance.inputs import NOTICE, UNKNOWN, Inputs, Judgement, Local, Past, holds, zone_of
from shouyue.compliance.kinds_said import lapses, only_content, stated_places, stated_times
from shouyue.compliance.rule import CONTENTS, SEVERITIES, Rule
from shouyue.compliance.said import CALL_ASKED_FOR

Params = Mapping[str, Any]
OUTCOMES = frozenset({"open", "not_connected", "unanswered", "answered", "conversation", "wrong_number", "sent"})
#: kinds that bind what is said or written, so the gate has nothing to judge before a contact
UNJUDGED = frozenset({"conduct", "wording"})
#: what a person allows, which may lapse; what he forbids stays until he takes it back, so no rule ends it for him
AGREEMENTS = frozenset(
    {"agreed_quiet_hours", "agreed_more_attempts", "agreed_private_account", "prior_consent", "consent", CALL_ASKED_FOR}
)
#: what takes an earlier attempt out of a budget: the person had asked for it; the number was not his
EXCLUSIONS = frozenset({"asked_for", "wrong_number"})


def clock_time(text: str) -> time:
    return time.fromisoformat(text)


def quiet_hours(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    others = (*inputs.told_zones, *(inputs.also_zones if params.get("places") == "all" else ()))
    places = [local, *(Local(inputs.at, zone) for name in others if (zone := zone_of(name)))]
    ends = [end for place in places if (end := _quiet_until(params, place)) is not None]
    return Judgement(bool(ends), max(ends, default=None))


def _quiet_until(params: Params, local: Local) -> datetime | None:
    begins, ends = clock_time(params["from"]), clock_time(params["to"])
    wall = local.wall
    shown = wall.time()
    if begins < ends:
        quiet, day = begins <= shown < ends, wall.date()
    else:
        quiet = shown >= begins or shown < ends
        day = wall.date() + timedelta(days=1) if shown >= begins else wall.date()
    return local.moment(day, ends) if quiet else None


def _counted(
    rule: Rule, outcomes: Iterable[str], per: str, inputs: Inputs, without: Iterable[str] = ()
) -> list[list[Past]]:
    """The attempts that count, once for each budget asked about (one, or one for each loan)."""
    wanted = set(outcomes)
    past = [
        p
        for p in inputs.past
        if p.outcome in wanted
        and (not rule.channels or p.channel in rule.channels)
        and (p.same_number if per == "number" else p.same_person)
        and not any(getattr(p, why) for why in without)
    ]
    if per != "loan":
        return [past]
    # an attempt that names no loan may have been about any
    return [[p for p in past if not p.loans or loan in p.loans] for loan in inputs.loans] or [past]


def count(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement | None:
    if params["per"] == "number" and not inputs.has_number:
        return None
    days, limit = params.get("days", 1), params["max"]
    first = local.day_of(inputs.at) - timedelta(days=days - 1)
    worst = Judgement(False, None, 0, limit)
    for budget in _counted(rule, params["of"], params["per"], inputs, params.get("except", ())):
        dates = sorted((d for p in budget if (d := local.day_of(p.at)) >= first), reverse=True)
        if len(dates) < limit:
            now = Judgement(False, None, len(dates), limit)
        else:
            free = local.moment(dates[limit - 1] + timedelta(days=days)) if limit else None
            now = Judgement(True, free, len(dates), limit)
        if (now.fires, _late(now.until), now.count) > (worst.fires, _late(worst.until), worst.count):
            worst = now
    return worst


def _late(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def pause_after(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    budgets = _counted(rule, params["after"], params["per"], inputs, params.get("except", ()))
    dates = [local.day_of(p.at) for budget in budgets for p in budget]
    if not dates:
        return Judgement(False)
    free = max(dates) + timedelta(days=params["days"])
    fires = local.day_of(inputs.at) < free
    return Judgement(fires, local.moment(free) if fires else None)


def busy(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    lasts = timedelta(minutes=params["minutes"])
    ends = [
        p.at + lasts
        for budget in _counted(rule, ("open",), "person", inputs)
        for p in budget
        if p.staff_id is None or p.staff_id != inputs.staff_id
    ]
    running = [end for end in ends if end > inputs.at]
    return Judgement(bool(running), max(running, default=None))


def only_when(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    if any(holds(fact, inputs.facts) for fact in params["any_of"]):
        return Judgement(False)
    known = any(inputs.facts.get(fact.removeprefix("not ")) is not None for fact in params["any_of"])
    if not known and params.get("missing") == UNKNOWN:
        return Judgement(False, verdict=UNKNOWN)
    return Judgement(True)


def never_when(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    return Judgement(any(holds(fact, inputs.facts) for fact in params["any_of"]))


def never(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    return Judgement(True)


def hold_until(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement | None:
    text = inputs.facts.get(params["fact"])
    if not isinstance(text, str):
        return None
    if len(text) == 10:
        end = local.moment(date.fromisoformat(text) + timedelta(days=1))
    else:
        end = datetime.fromisoformat(text)
    return Judgement(inputs.at < end, end)


def fresh_within(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement | None:
    text = inputs.facts.get(params["fact"])
    if not isinstance(text, str):
        return Judgement(False, verdict=UNKNOWN)
    return Judgement((local.day_of(inputs.at) - date.fromisoformat(text[:10])).days > params["days"])


def notice(rule: Rule, params: Params, inputs: Inputs, local: Local) -> Judgement:
    return Judgement(False, verdict=NOTICE)


# --- what makes a value stricter: each returns what is looser, or nothing


def _window(params: Params) -> tuple[int, int]:
    """First minute and length of a quiet period."""
    begins, ends = (t.hour * 60 + t.minute for t in (clock_time(params["from"]), clock_time(params["to"])))
    return begins, (ends - begins) % 1440


def _tighter_hours(base: Params, house: Params) -> str:
    (base_begins, base_length), (begins, length) = _window(base), _window(house)
    inside = (base_begins - begins) % 1440 + base_length <= length
    return "" if inside else f"{house['from']}–{house['to']} ⊉ {base['from']}–{base['to']}"


def _tighter_by(**directions: str) -> Callable[[Params, Params], str]:
    """Each named value may only move one way: ``<=``, ``>=``, ``==``, ``⊆`` or ``⊇``."""

    def check(base: Params, house: Params) -> str:
        for name, way in directions.items():
            before, now = base.get(name), house.get(name)
            if way == "⊆":
                ok = set(now or ()) <= set(before or ())
            elif way == "⊇":
                ok = set(now or ()) >= set(before or ())
            elif way == "==":
                ok = now == before
            else:
                # a count without ``days`` looks at one day
                low, high = (1 if v is None else v for v in ((now, before) if way == "<=" else (before, now)))
                ok = low <= high
            if not ok:
                return f"{name}: {now} {'≰' if way == '<=' else '≱' if way == '>=' else way} {before}"
        return ""

    return check


def _tighter_lapse(base: Params, house: Params) -> str:
    if "days" in base and house["days"] > base["days"]:
        return f"days: {house['days']} ≰ {base['days']}"
    if base.get("direct") and not house.get("direct"):
        return "direct"
    return _tighter_by(fact="==", after="⊇")(base, house)


@dataclass(frozen=True)
class Kind:
    judge: Callable[[Rule, Params, Inputs, Local], Judgement | None]
    tighter: Callable[[Params, Params], str]
    params: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needs_zone: bool = True


KINDS: dict[str, Kind] = {
    "quiet_hours": Kind(quiet_hours, _tighter_hours, ("from", "to"), ("places",)),
    "count": Kind(
        count,
        _tighter_by(of="⊇", per="==", days=">=", max="<=", **{"except": "⊆"}),
        ("of", "per", "max"),
        ("days", "except"),
    ),
    "pause_after": Kind(
        pause_after,
        _tighter_by(after="⊇", per="==", days=">=", **{"except": "⊆"}),
        ("after", "per", "days"),
        ("except",),
    ),
    "busy": Kind(busy, _tighter_by(minutes=">="), ("minutes",), needs_zone=False),
    "only_when": Kind(only_when, _tighter_by(any_of="⊆"), ("any_of",), ("missing",), needs_zone=False),
    "never_when": Kind(never_when, _tighter_by(any_of="⊇"), ("any_of",), needs_zone=False),
    "never": Kind(never, _tighter_by(), needs_zone=False),
    "hold_until": Kind(hold_until, _tighter_by(fact="=="), ("fact",)),
    "fresh_within": Kind(fresh_within, _tighter_by(fact="==", days="<="), ("fact", "days")),
    "stated_times": Kind(stated_times, _tighter_by()),
    "stated_places": Kind(stated_places, _tighter_by(), needs_zone=False),
    "only_content": Kind(only_content, _tighter_by(only="⊆"), ("only",), needs_zone=False),
    "lapses": Kind(lapses, _tighter_lapse, ("fact",), ("days", "after", "direct")),
    "notice": Kind(notice, _tighter_by(), needs_zone=False),
    "wording": Kind(
        notice,
        _tighter_by(uses="⊇", words_zh="⊇", words_en="⊇", patterns="⊇", in_notes="=="),
        ("uses", "words_zh", "words_en"),
        ("patterns", "sounds", "pinyin", "in_notes"),
        needs_zone=False,
    ),
    "conduct": Kind(notice, _tighter_by(), needs_zone=False),
}


def check(pack: str, rule: Rule) -> None:
    """Raises GATE-001 where a rule's kind is unknown or its values do not fit it."""
    kind = KINDS.get(rule.kind)
    if kind is None:
        raise errors.BAD_PACK.error(pack=pack, where=f"{rule.id}.kind", what=rule.kind)
    if rule.kind == "conduct" and not all(rule.enforced_by):
        raise errors.BAD_PACK.error(pack=pack, where=rule.id, what="enforced_by")
    for value in rule.values:
        given = set(value.params)
        if wrong := (set(kind.params) - given) | (given - set(kind.params) - set(kind.optional)):
            raise errors.BAD_PACK.error(pack=pack, where=f"{rule.id}.value", what=", ".join(sorted(wrong)))
        try:
            _check_params(value.params)
            if rule.kind == "lapses" and value.params["fact"] not in AGREEMENTS:
                raise ValueError(f"fact: {value.params['fact']}")
            if rule.kind == "lapses" and len(value.params) == 1:
                raise ValueError("days, after, direct")
            rule.zh.format(**value.params, count=0, limit=0)
            rule.en.format(**value.params, count=0, limit=0)
        except (ValueError, TypeError, KeyError, IndexError) as wrong_value:
            raise errors.BAD_PACK.error(pack=pack, where=f"{rule.id}.value", what=repr(wrong_value)) from None


def _check_params(params: Params) -> None:
    for name in ("from", "to"):
        if name in params:
            clock_time(params[name])
    if "from" in params and params["from"] == params["to"]:
        raise ValueError("from = to")
    for name in ("of", "after"):
        if unknown := set(params.get(name, ())) - OUTCOMES:
            raise ValueError(f"{name}: {sorted(unknown)}")
    for name, known in (("except", EXCLUSIONS), ("only", set(CONTENTS))):
        if unknown := set(params.get(name, ())) - known:
            raise ValueError(f"{name}: {sorted(unknown)}")
    for pattern in params.get("patterns", ()):
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise ValueError(f"patterns: {wrong}") from None
    for name, fits in (("sounds", str.isalnum), ("pinyin", re.compile("[a-z]+").fullmatch)):
        if wrong := [c for c, stands in params.get(name, {}).items() if len(c) != 1 or not fits(stands)]:
            raise ValueError(f"{name}: {wrong}")
    if unknown := set(params.get("uses", ())) - {"note", "message", "letter"}:
        raise ValueError(f"uses: {sorted(unknown)}")
    if params.get("in_notes", "warn") not in SEVERITIES:
        raise ValueError(f"in_notes: {params['in_notes']!r}")
    if params.get("places", "all") != "all":
        raise ValueError(f"places: {params['places']}")
    for name, least in (("max", 0), ("days", 1), ("minutes", 1)):
        if name in params and (type(params[name]) is not int or params[name] < least):
            raise ValueError(f"{name}: {params[name]!r}")
    if params.get("per", "person") not in ("person", "number", "loan"):
        raise ValueError(f"per: {params['per']}")
    if params.get("direct", True) is not True:
        raise ValueError(f"direct: {params['direct']!r}")
    if params.get("missing", UNKNOWN) not in (UNKNOWN, "fires"):
        raise ValueError(f"missing: {params['missing']}")


def check_tighter(base: Rule, house: Rule) -> None:
    """Raises GATE-003 unless ``house`` is at least as strict as ``base`` wherever both are in force.

    Both rules are judged, so a house can never loosen; the check tells it that a value would have no effect.
    """
    if SEVERITIES.index(house.severity) < SEVERITIES.index(base.severity):
        raise _looser(base, house, f"{house.severity} < {base.severity}")
    if extra := set(house.unless) - set(base.unless):
        raise _looser(base, house, f"unless {', '.join(sorted(extra))}")
    starts = [*(v.valid_from for v in base.values), *(v.valid_from for v in house.values)]
    for day in sorted(set(starts)):
        before, now = base.value_on(day), house.value_on(day)
        if before is not None and now is not None:
            what = KINDS[base.kind].tighter(before.params, now.params)
            if not what and base.kind == "only_when" and now.params.get("missing") != before.params.get("missing"):
                what = "" if before.params.get("missing") == UNKNOWN else "missing"
            if what:
                raise _looser(base, house, what)


def _looser(base: Rule, house: Rule, what: str):
    return errors.LOOSER.error(rule=house.id, base=base.id, what=what)
