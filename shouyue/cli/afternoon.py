"""What the demo's staff does besides calling: plans, proposals to waive and their approval, letters, told addresses.

A few a day, so that every list of the desk has something to show. Whatever the house's rules refuse is left. In the
evening the lender's core is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import islice
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import QuerySet

from shouyue.base import clock, settings
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, instructions, numbers, queries
from shouyue.casework.concessions import exporting as waivers
from shouyue.casework.concessions import proposing, states
from shouyue.casework.contact_changes import exporting as contact_changes
from shouyue.casework.details import keeping, reading
from shouyue.casework.models import Case, Concession, Contact, Phase, Plan
from shouyue.casework.plans import making as plans
from shouyue.casework.plans.schedule import Asked, digest
from shouyue.casework.quotes import exporting as settlements
from shouyue.casework.quotes import quoting
from shouyue.daily.settling import worked_out
from shouyue.messaging.letters import making as letters
from shouyue.people.models import Role, User
from shouyue.simulator import words

BEGIN = time(16, 30)
EVENING = time(18, 30)
#: on so many cases each thing is tried, until one of them takes it
TRIES = 12
#: of what a customer earns in a year, a month's costs, in thousandths
COSTS = 40


def spend(day: date, reps: QuerySet[User]) -> None:
    """The afternoon of the reps and of their managers. The same day again adds nothing."""
    with clock.at(clock.moment(day, BEGIN)):
        for rep in reps:
            late = queries.visible_cases(rep).filter(assignee=rep, status=Case.Status.OPEN, phase=Phase.COLLECTION)
            late = late.select_related("customer").order_by("-dpd", "pk")
            spoken = Contact.objects.filter(business_day=day, staff=rep, reached=Contact.Reached.SELF).values("case")
            _one(late.filter(pk__in=spoken), _plan, rep)
            _one(late.filter(pk__in=spoken), _address, rep)
            _one(late.order_by("dpd", "pk"), _waiver, rep)  # a store manager may waive in the early stages only
            wanting = queries.visible_cases(rep).filter(
                assignee=rep, status=Case.Status.OPEN, customer__loans__wants_early_settlement=True
            )
            _one(wanting.exclude(quotes__made_on__gte=day - timedelta(days=7)).order_by("pk").distinct(), _quote, rep)
        for manager in User.objects.filter(role=Role.STORE_MANAGER, store__in=reps.values("store")).order_by("pk"):
            late = queries.visible_cases(manager).filter(status=Case.Status.OPEN, phase=Phase.COLLECTION)
            _approve(day, manager)
            _one(late.filter(letters=None).order_by("-dpd", "pk"), _letter, manager)
    with clock.at(clock.moment(day, EVENING)):
        _tell_the_core()


def _tell_the_core() -> None:
    """What was approved, accepted and told goes into the numbered files of the evening."""
    head = User.objects.filter(role=Role.HEAD_OFFICE).order_by("pk").first()
    if head is None:
        return
    for exporting in (waivers, settlements):
        exporting.export(head)
        instructions.write(exporting.KIND, settings.home() / "instructions")
    written = contact_changes.export(head, "core")
    if written:
        contact_changes.write(written)


def _one(cases: QuerySet[Case], do: Callable[[Case, User], bool], by: User) -> None:
    for case in islice(cases, TRIES):
        try:
            if do(case, by):
                return
        except ShouyueError:
            continue


def _plan(case: Case, by: User) -> bool:
    income = case.customer.income_minor
    if not income or Plan.objects.filter(case=case, state=Plan.State.ACTIVE).exists():
        return False
    first = case.as_of + timedelta(days=14)
    asked = Asked(calls.owed_minor(case), 3, "month", first, income // 12, income * COSTS // 1000)
    lines, _ = plans.show(case, asked, by)
    plans.make(case.pk, asked, digest(lines), by, _id("plan", case))
    return True


def _waiver(case: Case, by: User) -> bool:
    """Half of the late fees of a loan, as far as the desk may waive them."""
    for loan in case.customer.loans.order_by("loan_id"):
        fees = {name: minor // 2 for name, minor in proposing.owed(loan).items() if minor > 1}
        if fees:
            proposing.propose(case.pk, loan.loan_id, fees, "settles", "", by, _id("waiver", case))
            return True
    return False


def _approve(day: date, by: User) -> None:
    """Whatever was proposed on an earlier day."""
    waiting = Concession.objects.filter(case__store=by.store, state=states.PROPOSED, proposed_on__lt=day)
    for proposed in waiting.order_by("pk"):
        try:
            proposing.decide(proposed.pk, "approve", "", by)
        except ShouyueError:
            continue


def _quote(case: Case, by: User) -> bool:
    """The customer who wants to settle early hears what it takes in a week, and accepts every other time."""
    loan = case.customer.loans.filter(wants_early_settlement=True).order_by("loan_id").first()
    day = case.as_of + timedelta(days=7)
    shown = quoting.offer(case, loan, day, worked_out).digest
    made = quoting.make(case.pk, loan.loan_id if loan else "", day, shown, worked_out, by, _id("quote", case))
    if case.pk % 2:
        quoting.decide(made.pk, "accept", "", by)
    return True


def _address(case: Case, by: User) -> bool:
    """The customer has moved, within the city that the lender's file names, to a road that does not exist."""
    city, n = case.customer.city, case.pk
    value = f"{city}市{words.ROADS[n % len(words.ROADS)]}路{n % 300 + 1}号{n % 19 + 1}栋{n % 25 + 1}02室"
    said = keeping.Said(reading.ADDRESS, value, numbers.BORROWER, city)
    keeping.say(case.pk, said, by, _id("address", case))
    return True


def _letter(case: Case, by: User) -> bool:
    letters.make(case.pk, "arrears", "zh", by, _id("letter", case))
    return True


def _id(what: str, case: Case) -> UUID:
    return uuid5(NAMESPACE_URL, f"demo/{what}/{case.pk}/{case.as_of}")
