"""Who cannot be reached is one answer: of the gate, the queue, the day's strategy, and a trial of that day later on."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest

from shouyue.base import clock
from shouyue.casework import guarantors, lost_contact, number_corrections, numbers, unreachable, wishing
from shouyue.casework.asking import question
from shouyue.casework.errors import Invalid, Missing
from shouyue.casework.interviews import keeping
from shouyue.casework.models import Case, Contact, ContactPoint, Interview
from shouyue.compliance.models import Wish
from shouyue.daily.trial import knowing
from shouyue.daily.trial.run import Question, simulate
from shouyue.people.models import User
from tests.daily.conftest import after, case_of, contact
from tests.daily.trial.conftest import CHANGED, STANDARD

pytestmark = pytest.mark.django_db

CUSTOMERS = [f"C{n}" for n in range(1, 10)]
DAYS = 5


class Story:
    """What happens to a lender's customers and their numbers within some days, by lot."""

    def __init__(self, lender, rep, manager, seed: int):
        self.lender, self.rep, self.manager, self.lot = lender, rep, manager, random.Random(seed)
        self.rows = lender.rows["contacts"]
        self.hour, self.dialled = 0, 0

    def number(self, customer: str, relation: str, **more) -> None:
        self.dialled += 1
        phone, rank = f"138{self.dialled:08}", self.lot.randrange(9)
        self.rows.append({"customer_id": customer, "phone": phone, "relation": relation, "rank": rank, **more})

    def begins(self, customers: list[str]) -> None:
        for customer in customers:
            self.lender.loan(customer.replace("C", "L"), after(-5))
            self.rows.pop()
            for relation in self.lot.choices(("self", "self", "friend", "guarantor"), k=self.lot.randrange(4)):
                told = {"consent": self.lot.choice((None, True, False)), "name": self.lot.choice((None, "甲"))}
                self.number(customer, relation, **told)

    def file(self) -> None:
        """The lender's file of the next day says something else of some numbers."""
        for _ in range(3):
            what = self.lot.randrange(4)
            row = self.lot.choice(self.rows)
            if what == 0:
                row["relation"] = self.lot.choice(("self", "friend"))
            elif what == 1 and len(self.rows) > 1:
                self.rows.remove(row)
            elif what == 2:
                self.number(row["customer_id"], self.lot.choice(("self", "friend")))
            else:
                self.number(self.lot.choice(CUSTOMERS[:6]), "self")

    def day(self, day: int) -> None:
        self.hour = 0
        for _ in range(12):
            customer = self.lot.choice(CUSTOMERS[:6])
            with clock.at(clock.moment(after(day)) + timedelta(hours=10, minutes=20 * self.hour)):
                self.hour += 1
                with suppress(Invalid, Missing):
                    self.event(customer, day)

    def event(self, customer: str, day: int) -> None:
        case = case_of(customer)
        points = list(case.customer.contact_points.order_by("pk"))
        point = self.lot.choice(points) if points else None
        own = [p for p in points if p.relation == "self"]
        what, key = self.lot.randrange(12), uuid4()
        if what < 4 and own:
            self.met(
                customer, day, self.lot.choice(own), self.lot.choice(("nobody", "off", "invalid", "wrong", "self"))
            )
        elif what == 4:
            self.met(customer, day, None, "self", inbound=True)
        elif what == 5 and point:
            self.met(customer, day, None, "self", inbound=True)
            found = self.lot.choice((numbers.WRONG, numbers.OUT_OF_SERVICE))
            numbers.mark(case.pk, point.pk, found, "contact", self.rep, key)
        elif what == 6 and point:
            relation = self.lot.choice(("self", "friend", "relative"))
            said = number_corrections.Correction(relation, "", "records", name="某人", reference="A-1")
            if relation == "self":
                self.met(customer, day, None, "self", inbound=True)
                said = number_corrections.Correction(relation, "", "borrower")
            number_corrections.correct(case.pk, point.pk, said, self.rep, key)
        elif what == 7:
            self.dialled += 1
            told = numbers.Told(f"138{self.dialled:08}", self.lot.choice(("self", "friend")), "mobile", "borrower")
            numbers.add(case.pk, told, self.rep, key)
        elif what == 8:
            self.said_wrong(case, point)
        elif what > 8 and point:
            self.known_of(case, point)

    def said_wrong(self, case: Case, point: ContactPoint | None) -> None:
        wish = Wish.objects.filter(kind="wrong_number", person=case.customer.person_id).last()
        if wish is not None and self.lot.random() < 0.5:
            wishing.end(case.customer_id, wish.pk, self.rep, uuid4(), evidence="call")
        elif point is not None:
            told = {"evidence": "written", "point_id": point.pk}
            wishing.say(case.customer_id, "wrong_number", self.rep, uuid4(), **told)

    def known_of(self, case: Case, point: ContactPoint) -> None:
        if point.relation == "guarantor":
            guarantors.say(case.pk, point.pk, self.lot.random() < 0.5, "B-1", self.manager, uuid4())
            return
        seen = Interview.objects.filter(customer=case.customer).count()
        told = {"kind": "correction" if seen else "interview", "reason": "said" if seen else "", "seen": seen}
        sent = {f"knowers-{p.pk}": [self.lot.choice(("yes", "no"))] for p in keeping.points(case.customer)}
        keeping.save(case.customer_id, sent, self.rep, uuid4(), held_on=clock.day_of(clock.now()), **told)

    def met(self, customer: str, day: int, point: ContactPoint | None, reached: str, **more) -> Contact:
        now = clock.now()
        told = {"reached": reached, "result": "no_result" if reached == "self" else "", "contact_point": point, **more}
        return contact(customer, after(day), started_at=now, finished_at=now, staff=self.rep, **told)


def holders() -> dict[tuple[str, str], tuple[bool | None, bool | None]]:
    """By number what its holder is said to know, and whether the contract binds him."""
    rows = ContactPoint.objects.values_list("customer__customer_id", "phone", "said_to_know", "liable")
    return {(c, phone): told for c, phone, *rest in rows if (told := tuple(rest)) != (None, None)}


def holders_then(day: int) -> dict[tuple[str, str], tuple[bool | None, bool | None]]:
    rows = knowing.numbers_on(after(day)).select("customer_id", "phone", "said_to_know", "liable").iter_rows()
    return {(c, phone): told for c, phone, *rest in rows if (told := tuple(rest)) != (None, None)}


def asked_now(day: int) -> set[str]:
    """Who is lost, which the gate and the queue say alike."""
    with clock.at(clock.moment(after(day)) + timedelta(hours=9)):
        open_cases = Case.objects.filter(status="open").select_related("customer")
        said = {case.customer.customer_id for case in open_cases if unreachable.is_lost(case)}
        for case in open_cases:
            other = ContactPoint(customer=case.customer, relation="friend", phone="13900000000")
            told = question(case, other, None, clock.now()).facts["borrower_unreachable"]
            assert told is (case.customer.customer_id in said)
        head = User.objects.get(username="head")
        assert {case.customer.customer_id for case in lost_contact.queue(head)} == said
    return said


@pytest.mark.parametrize("seed", range(8))
def test_gate_queue_strategy_and_trial_say_the_same(lender, reps, store, tmp_path, seed):
    User.objects.create(username="head", role="head_office")
    manager = User.objects.create(username="manager", role="store_manager", store=store)
    story = Story(lender, reps[0], manager, seed)
    story.begins(CUSTOMERS[:6])
    published, then, held, seen = {}, {}, {}, set()
    for day in range(DAYS):
        if day == 2:
            story.begins(CUSTOMERS[6:])
        lender.day(after(day))
        published[day] = set(Case.objects.filter(treatment="find").values_list("customer__customer_id", flat=True))
        assert asked_now(day) == published[day]
        held[day] = holders()
        then[day] = tried(lender, day, tmp_path / f"then-{day}")
        seen |= published[day]
        story.day(day)
        story.file()
    for day in range(DAYS):
        later = tried(lender, day, tmp_path / f"later-{day}")
        assert {row["customer_id"] for row in later if row["was_treatment"] == "find"} == published[day], day
        assert later == then[day], day
        assert holders_then(day) == held[day], day
    assert seen, "somebody was lost"


def tried(lender, day: int, folder) -> list[dict]:
    found = simulate(Question(str(lender.path), after(day), STANDARD, CHANGED), folder).cases()
    return found.sort("customer_id").collect().to_dicts()
