"""Who answers a call, and what the borrower says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shouyue.simulator import temper
from shouyue.simulator.streams import chance
from shouyue.simulator.workdays import day_of, number

HOME = ZoneInfo("Asia/Shanghai")

#: channels that speak to a person, and how much less than a person's call they are answered
SPOKEN = {"call": 1.0, "robot": 0.75, "visit": 0.8}
#: channels that are only read, and how much of a talk's weight they have
READ = {"sms": 0.2, "app": 0.2, "wechat": 0.25, "email": 0.1, "letter": 0.15}

#: chance that such a number is answered at all, and that the borrower himself answers it
ANSWERED = {
    ("self", "mobile"): (1.0, 0.97),
    ("self", "home"): (0.6, 0.5),
    ("employer", "work"): (0.75, 0.3),
    ("spouse", "mobile"): (0.7, 0.06),
    ("guarantor", "mobile"): (0.7, 0.0),
}
ANYBODY_ELSE = (0.55, 0.0)

#: from hour -> how willingly a phone is answered
HOURS = ((0, 0.15), (8, 0.7), (9, 0.9), (12, 1.12), (14, 1.0), (18, 1.2), (21, 0.6))


@dataclass(frozen=True)
class Answer:
    """``reached``: self, other, no_answer, off or invalid. ``result`` and ``reason`` are empty where nobody of weight
    was reached; a promise has a day and an amount in minor units."""

    reached: str
    result: str = ""
    mood: str = ""
    reason: str = ""
    promise_on: date | None = None
    promise_minor: int | None = None


@dataclass(frozen=True)
class Standing:
    """What the person owes on the day of the call: minor units, days past due, days to the next due day."""

    overdue_minor: int
    dpd: int
    due_in: int | None
    paid_unbooked: bool


@dataclass(frozen=True)
class Call:
    seed: int
    customer: int
    moment: datetime
    channel: str
    number: str
    relation: str  # empty where the number is nobody's
    place: str
    dead: bool

    def draw(self, about: str) -> float:
        at = self.moment.astimezone(HOME)
        return chance(self.seed, about, self.customer, at.date(), at.hour, at.minute // 10, self.channel, self.number)


def answer(call: Call, kind: temper.Temper, standing: Standing) -> Answer:
    if call.channel not in SPOKEN:
        return Answer("no_answer")
    if not call.relation:
        return Answer("invalid")
    if call.dead:
        return Answer("off" if call.draw("off") < 0.35 else "invalid")
    answered, himself = ANSWERED.get((call.relation, call.place), ANYBODY_ELSE)
    hour = call.moment.astimezone(HOME).hour
    willing = next(w for h, w in reversed(HOURS) if hour >= h)
    own = kind.answers if call.relation == "self" and call.place == "mobile" else 1.0
    if call.draw("answered") >= min(0.97, answered * own * willing * SPOKEN[call.channel]):
        return Answer("off" if call.draw("off") < 0.18 else "no_answer")
    if call.draw("who") >= himself:
        return Answer("other", "message_left" if call.draw("message") < 0.6 else "no_result")
    return _says(call, kind, standing)


def _says(call: Call, kind: temper.Temper, standing: Standing) -> Answer:
    mood = kind.moods[int(call.draw("mood") * len(kind.moods))]
    # why he is late does not change from call to call
    reason = kind.reasons[int(chance(call.seed, "reason", call.customer) * len(kind.reasons))]
    said = Answer("self", mood=mood, reason=reason if standing.overdue_minor else "")
    if standing.paid_unbooked and standing.overdue_minor:
        return replace(said, result="paid")
    if standing.overdue_minor <= 0:
        soon = standing.due_in is not None and standing.due_in <= 7
        return replace(said, result="will_deposit" if soon and call.draw("deposit") < 0.9 else "no_result")
    if call.draw("busy") < 0.06:
        return replace(said, result="call_back", reason="")
    if call.draw("promise") < kind.promises:
        return _promise(call, kind, standing, said)
    return replace(said, result={"dispute": "dispute", "hardship": "hardship"}.get(reason, "refused"))


def _promise(call: Call, kind: temper.Temper, standing: Standing, said: Answer) -> Answer:
    """Within three days, as the trade asks; who is short asks for a week and offers a part."""
    short = said.reason in ("cash_flow", "business", "hardship")
    wait = 1 + int(call.draw("wait") * (6 if short else 3))
    today = number(call.moment.astimezone(HOME).date())
    offer = standing.overdue_minor
    if short and call.draw("part") < 0.45:
        part = int(offer * (0.3 + 0.4 * call.draw("share"))) // 10_000 * 10_000
        offer = part if part > 0 else offer
    return replace(said, result="promise", promise_on=day_of(today + wait), promise_minor=offer)
