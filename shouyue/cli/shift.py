"""A day of a staff that does not exist: calls through the gate, as the simulator's world answers; then the rest."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, queries
from shouyue.casework.models import Case, Contact, ContactPoint
from shouyue.casework.outcome import Outcome
from shouyue.cli import afternoon
from shouyue.people.models import Role, User
from shouyue.simulator.answers import Answer
from shouyue.simulator.play import World

#: when a rep begins to call, how often he calls, and how many calls a day the demo shows of him
BEGIN = time(9, 5)
EVERY = timedelta(minutes=9)
CALLS = 24

REACHED = {"self": "self", "other": "other", "no_answer": "nobody", "off": "off", "invalid": "invalid"}


def work_day(world: World, day: date) -> int:
    """Every rep who has not called on that day works his list; returns the number of calls.

    A rep who has called is left alone: somebody is trying the desk as him.
    """
    busy = Contact.objects.filter(business_day=day).values("staff")
    idle = User.objects.filter(role=Role.REP, is_active=True).exclude(pk__in=busy).values_list("pk", flat=True)
    reps = User.objects.filter(pk__in=list(idle)).order_by("pk")
    made = sum(_work(world, day, rep) for rep in reps)
    afternoon.spend(day, reps)
    return made


def _work(world: World, day: date, rep: User) -> int:
    moment = clock.moment(day, BEGIN) + timedelta(seconds=37 * (rep.pk % 11))
    done, after = 0, None
    while done < CALLS:
        with clock.at(moment):
            case_id = queries.next_case(rep, day, clock.now(), after)
        if case_id is None:
            break
        after = Case.objects.select_related("customer").get(pk=case_id)
        _call(world, after, rep, moment)
        moment += EVERY
        done += 1
    return done


def _call(world: World, case: Case, rep: User, moment: datetime) -> None:
    """One call to the first number; what the world says becomes what the rep logs."""
    point = case.customer.contact_points.filter(relation="self").order_by("rank", "pk").first()
    if point is None:
        return
    said = world.answer(case.customer.customer_id, moment, "call", point.phone)
    with clock.at(moment):
        started = calls.start(case.pk, point.pk, rep, _call_id(case, point, rep, moment))
    if started.contact is None:
        return
    with clock.at(moment + timedelta(minutes=1 if said.reached != "self" else 3)):
        for outcome in (_outcome(said, case), Outcome(reached="self", result="no_result")):
            try:
                calls.finish(started.contact.pk, rep, outcome)
            except ShouyueError:  # the house's rules are stricter than the borrower's words: he is noted as heard
                continue
            return


def _call_id(case: Case, point: ContactPoint, rep: User, moment: datetime) -> UUID:
    """The same call has the same id, so that a day's work that was killed can be begun again."""
    return uuid5(NAMESPACE_URL, f"demo/{rep.pk}/{case.pk}/{point.pk}/{moment.isoformat()}")


def _outcome(said: Answer, case: Case) -> Outcome:
    spoke = said.reached == "self"
    late = case.phase == "collection"
    result = said.result if spoke or said.result in ("message_left", "no_result") else ""
    return Outcome(
        reached=REACHED[said.reached],
        result=result or ("no_result" if spoke else ""),
        why_late=said.reason if late and spoke else "",
        manner=said.mood if spoke else "",
        promise_minor=said.promise_minor,
        promise_due=said.promise_on,
    )
