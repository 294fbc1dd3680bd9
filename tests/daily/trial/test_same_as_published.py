"""What a trial says of a strategy is what the next day publishes once it is released: the same code decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import polars as pl
import pytest

from shouyue.base import clock
from shouyue.book.build import build_version
from shouyue.book.store import Book
from shouyue.casework import barring, ending, guarantors, number_corrections, numbers, wishing
from shouyue.casework.agencies import managing
from shouyue.casework.details import keeping
from shouyue.casework.interviews import keeping as interviewing
from shouyue.casework.matters import working
from shouyue.casework.models import Agency, Case, Contact, MatterStep, Promise, TimelineEntry
from shouyue.compliance import gate, wishes
from shouyue.compliance.models import Person
from shouyue.daily import figures
from shouyue.daily.cycle import run
from shouyue.daily.models import DailyRun
from shouyue.daily.trial import behind, comparing, knowing
from shouyue.daily.trial import numbers as numbers_of
from shouyue.daily.trial.run import Question, simulate
from shouyue.people.models import Store, User
from shouyue.simulator.play import World
from shouyue.strategy import read
from tests.daily.conftest import DAY, after, case_of, contact
from tests.daily.test_promises import promise
from tests.daily.trial.conftest import CHANGED, STANDARD, edited
from tests.strategy import reasoned

PAPER = working.Evidence(note="told by his son", reference="A-17")

pytestmark = pytest.mark.django_db

PUBLISHED = (
    *("phase", "segment", "stage", "treatment", "priority", "best_time", "minutes", "hold", "rule", "currency", "dpd"),
    *("overdue_minor", "due_minor", "next_due", "reason_zh", "reason_en"),
)


def on_the_desk() -> list[tuple]:
    rows = Case.objects.filter(status="open").values_list("customer__customer_id", "store__code", *PUBLISHED)
    return sorted(rows)


def said(trial, side: str = "now") -> list[tuple]:
    here = trial.cases().filter(pl.col(f"{side}_phase").is_not_null())
    columns = ["customer_id", f"{side}_store", *(f"{side}_{n}" for n in PUBLISHED)]
    return sorted(here.select(columns).collect().with_columns(pl.col(pl.String).fill_null("")).iter_rows())


def test_on_a_lender_of_three_thousand_with_calls_and_promises_behind_it(tmp_path):
    world = World(3_000, 23, DAY)
    for place in world.lender.stores:
        store = Store.objects.create(code=place.code)
        User.objects.create(username=place.code, role="rep", store=store)
    build_version(tmp_path / "book", world.tables(DAY))
    run(DAY, tmp_path / "book")
    for n, case in enumerate(Case.objects.filter(phase="collection").order_by("pk")[:40]):
        customer = case.customer.customer_id
        match n % 5:
            case 0:
                promise(customer, 10_000, after(n % 4))
            case 1:
                contact(customer, reached="self", result="hardship")
            case 2:
                contact(customer, reached="self", result="dispute")
            case 3:
                contact(customer, reached="invalid")
    build_version(tmp_path / "book", world.tables(after(1)))
    asked = {"book": str(tmp_path / "book"), "as_of": after(1)}
    tried = simulate(Question(**asked, base=STANDARD, candidate=CHANGED), tmp_path / "trial")
    before, then = said(tried, "was"), said(tried)
    assert len(then) > 100 and before != then
    (tmp_path / "changed.toml").write_text(CHANGED.text, "utf-8")
    run(after(1), tmp_path / "book")
    assert on_the_desk() == before
    run(after(1), tmp_path / "book", tmp_path / "changed.toml")
    assert on_the_desk() == then
    totals = tried.summary["totals"]
    assert totals["now_cases"] == len(then)
    assert totals["now_minutes"] == sum(
        m for m, held in Case.objects.filter(status="open").values_list("minutes", "hold") if not held
    )


def test_a_past_day_is_seen_as_it_was_seen_then(lender, reps, tmp_path):
    """Promises judged, contacts made and payments imported since do not reach back."""
    for n in range(1, 7):
        lender.loan(f"L{n}", after(-5 - n))
    lender.loan("L7", after(4))
    lender.day()
    promise("C1", 60_000, after(1), grace_days=0)
    promise("C2", 60_000, after(5))
    contact("C3", result="dispute")
    lender.day(after(1))
    promise("C4", 50_000, after(9), made=after(1))
    contact("C5", after(1), result="hardship")
    lender.day(after(2))
    then = on_the_desk()
    promise("C2", 40_000, after(6), made=after(2))
    Promise.objects.filter(case__customer__customer_id="C2", made_on=DAY).update(state="replaced", ended_on=after(2))
    contact("C6", after(2), result="hardship")
    lender.pays("L4", after(3), 100_000)
    for days in (3, 4):
        lender.day(after(days))
    assert on_the_desk() != then
    tried = simulate(Question(str(lender.path), after(2), STANDARD, CHANGED), tmp_path / "then")
    assert said(tried, "was") == then
    published = DailyRun.objects.get(as_of=after(2)).book_version
    assert tried.summary["inputs"]["version"] == published != DailyRun.objects.latest("as_of").book_version


def test_why_somebody_is_late_is_known_of_a_past_day_as_it_was_told_by_then(lender, reps, tmp_path):
    """Told again since, or in a case that ended since, it is as it was; what was erased is known no more."""
    path = tmp_path / "reasoned.toml"
    path.write_text(reasoned.text(), "utf-8")
    for n in range(1, 5):
        lender.loan(f"L{n}", DAY)
    lender.day(after(1), strategy=path)
    contact("C1", after(1), why_late="forgot")
    contact("C2", after(1), why_late="cash_flow")
    contact("C3", after(1), why_late="cash_flow")
    lender.day(after(2), strategy=path)
    then = on_the_desk()
    assert [case_of(f"C{n}").treatment for n in (1, 2, 3, 4)] == ["remind", "arrange", "arrange", "collect"]
    contact("C1", after(2), why_late="unwilling")
    contact("C4", after(2), why_late="forgot")
    lender.pays("L2", after(3))
    for days in (3, 4):
        lender.day(after(days), strategy=path)
    assert case_of("C2").status == "closed" and case_of("C1").treatment == "collect"
    asked = Question(str(lender.path), after(2), read(reasoned.text()), CHANGED)
    assert said(simulate(asked, tmp_path / "then"), "was") == then
    Contact.objects.filter(why_late="cash_flow").update(why_late="")
    now = said(simulate(asked, tmp_path / "now"), "was")
    assert {row[0] for row in {*then} - {*now}} == {"C2", "C3"}


def test_who_may_not_be_worked_is_named_and_the_list_is_that_of_the_day(lender, reps, store, tmp_path):
    """Ended work opens no case; a matter, a wish or the law keeps a case off the list, and each is one line."""
    for n in range(1, 9):
        lender.loan(f"L{n}", after(-5 - n))
    lender.day()
    head = User.objects.create(username="head", role="head_office")
    Agency.objects.create(code="north", name="北方")
    with clock.at(datetime(2026, 11, 24, 4, tzinfo=UTC)):
        managing.place("north", "C8", head, after(5))
    other = User.objects.create(username="other", role="head_office")
    for customer, kind in (("C1", "death"), ("C2", "dispute"), ("C3", "complaint")):
        matter = working.open_matter(case_of(customer).pk, kind, PAPER, head, uuid4())
        if kind == "death":
            working.decide(matter.pk, "confirm", "certificate seen", other, uuid4())
            ending.end(case_of(customer).pk, "deceased", "certificate A-17", head)
    ending.end(case_of("C4").pk, "sold", "list 12", head)
    person = case_of("C5").customer.person_id
    noon = datetime(2026, 11, 24, 8, tzinfo=UTC)
    wishes.write(uuid4(), "channel_refused", person=person, channels=["call"], evidence="call", at=noon)
    promise("C6", 90_000, after(3))
    for entry in (*TimelineEntry.objects.all(), *MatterStep.objects.all()):
        type(entry).objects.filter(pk=entry.pk).update(at=noon)
    tomorrow = after(1)
    hasty = edited(("paused       | -          |", "paused       | none       |"))  # no row of its own for a pause
    for name, candidate in (("a", STANDARD), ("b", hasty)):
        tried = simulate(Question(str(lender.book()), tomorrow, STANDARD, candidate), tmp_path / name)
        lines = {one["why"]: one["now"] for one in tried.summary["aside"]}
        refused = next(why for why in lines if why.startswith("rule:"))
        names = ("ended:deceased", "ended:sold", "placed:north", "matter:complaint", "matter:dispute", "held", refused)
        assert lines == dict.fromkeys(names, 1)
        totals = tried.summary["totals"]
        assert totals["now_cases"] - totals["now_worked"] == sum(lines.values()) - 2
        for why, count in lines.items():
            found = behind.customers(tried, behind.Behind.asked({"aside": why, "side": "now"}))
            assert found.height == count and set(found["now_aside"]) == {why}
        listed = tried.cases().filter(comparing.works("now")).collect()["customer_id"]
        run(tomorrow, lender.path)
        barring.refresh(list(Person.objects.values_list("pk", flat=True)), datetime(2026, 11, 25, 6, tzinfo=UTC))
        assert sum(line["now_minutes"] for line in tried.summary["workload"]) == case_of("C7").minutes
        shown = Case.objects.filter(status="open", hold=False, placed=False, barred_until=None)
        assert set(listed) == set(shown.values_list("customer__customer_id", flat=True)) == {"C7"}
        assert not set(on_the_desk()) - set(said(tried, "was"))
    assert {one["en"] for one in tried.summary["aside"]} >= {"the work is ended: Sold", "a matter stops calls: Dispute"}


def test_a_customer_is_on_the_list_as_long_as_one_of_his_numbers_may_be_called(lender, reps, tmp_path):
    """C1 has a second number, C2 told the desk one, C3 has none; C4 is lost and has a sister, C5 is not and has one;
    C6 has a second number that is his sister's, as the desk was told."""
    for n in range(1, 7):
        lender.loan(f"L{n}", after(-5))
        lender.rows["contacts"][-1]["place"] = "work"
    more = [("C1", "10000009901", "self"), ("C6", "10000009906", "self")]
    more += [("C4", "10000009904", "relative"), ("C5", "10000009905", "relative")]
    for customer, phone, relation in more:
        lender.rows["contacts"].append({"customer_id": customer, "phone": phone, "relation": relation, "rank": 1})
    lender.day()
    noon = datetime(2026, 11, 24, 8, tzinfo=UTC)
    for n in range(1, 7):
        person = case_of(f"C{n}").customer.person_id
        place = {"place": "work"}
        wishes.write(uuid4(), "inconvenient_place", person=person, details=place, evidence="call", at=noon)
    with clock.at(noon):
        numbers.add(case_of("C2").pk, numbers.Told("13800138000", "self", "mobile", "borrower"), reps[0], uuid4())
        sisters = case_of("C6").customer.contact_points.get(phone="10000009906")
        told = number_corrections.Correction("relative", "", "records", reference="A-1")
        number_corrections.correct(case_of("C6").pk, sisters.pk, told, reps[0], uuid4())
    for hour in (4, 5, 6):
        contact("C4", hour=hour, reached="nobody", result="")
    tried = simulate(Question(str(lender.book()), after(1), STANDARD, CHANGED), tmp_path / "numbers")
    lines = {one["why"]: one["was"] for one in tried.summary["aside"]}
    assert lines == {"rule:stated-places": 3}
    verdicts = dict(tried.cases().select("customer_id", "was_law").collect().iter_rows())
    blocked = dict.fromkeys(("C3", "C4", "C5", "C6"), "blocked")
    assert verdicts == {"C1": "allowed", "C2": "allowed", **blocked}
    off = behind.customers(tried, behind.Behind.asked({"aside": "rule:stated-places", "side": "was"}))
    assert set(off["customer_id"]) == {"C3", "C5", "C6"}
    run(after(1), lender.path)
    barring.refresh(list(Person.objects.values_list("pk", flat=True)), datetime(2026, 11, 25, 6, tzinfo=UTC))
    shown = Case.objects.filter(status="open", hold=False, placed=False, barred_until=None)
    assert set(shown.values_list("customer__customer_id", flat=True)) == {"C1", "C2", "C4"}


def test_on_a_day_that_is_past_the_work_was_ended_as_it_was_then(lender, reps, tmp_path):
    for n in (1, 2):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    head = User.objects.create(username="head", role="head_office")
    for customer in ("C1", "C2"):
        ending.end(case_of(customer).pk, "sold", "list 12", head)
    TimelineEntry.objects.filter(kind="closed").update(at=datetime(2026, 11, 25, 3, tzinfo=UTC))
    ending.take_up(case_of("C2").pk, "sent back", head)
    TimelineEntry.objects.filter(kind="taken_up").update(at=datetime(2026, 11, 27, 3, tzinfo=UTC))
    lender.day(after(5))

    def gone(day: int, **how) -> set[str]:
        asked = Question(str(lender.path), after(day), STANDARD, CHANGED, **how)
        return set(simulate(asked, tmp_path / f"{day}{how}").ended().collect()["customer_id"])

    assert [gone(day) for day in (1, 2, 4, 5)] == [set(), {"C1", "C2"}, {"C1"}, {"C1"}]
    assert gone(2, desk=False, persons=True) == {"C1", "C2"} and gone(2, desk=False) == set()


def test_on_a_day_that_is_past_agencies_had_whom_they_had_then(lender, reps, tmp_path):
    """Placed on the first day to the end of the third, or taken back on the second: each morning counts for itself."""
    for n in (1, 2, 3):
        lender.loan(f"L{n}", after(-5))
    lender.day()
    head = User.objects.create(username="head", role="head_office")
    Agency.objects.create(code="north", name="北方")
    with clock.at(datetime(2026, 11, 24, 4, tzinfo=UTC)):
        for customer in ("C1", "C2"):
            managing.place("north", customer, head, after(2))
    with clock.at(datetime(2026, 11, 25, 4, tzinfo=UTC)):
        managing.take_back("C2", head)
    for days in (1, 2, 3, 4):
        lender.day(after(days))

    def away(day: int, **how) -> set[str]:
        tried = simulate(Question(str(lender.path), after(day), STANDARD, CHANGED, **how), tmp_path / f"{day}{how}")
        counted = {one["why"]: one["was"] for one in tried.summary["aside"]}.get("placed:north", 0)
        behind_it = behind.customers(tried, behind.Behind.asked({"aside": "placed:north", "side": "was"}))
        assert behind_it.height == counted and set(behind_it["was_law"]) <= {None}
        return set(behind_it["customer_id"])

    assert [away(day) for day in range(5)] == [set(), {"C1", "C2"}, {"C1"}, set(), set()]
    assert away(1, desk=False, persons=True) == {"C1", "C2"} and away(1, desk=False) == set()


def test_a_day_that_has_not_come_is_tried_on_the_newest_book(tried, lender, reps):
    lender.loan("L1", after(5))
    lender.day()
    found = tried(as_of=DAY + timedelta(days=2))
    assert found.summary["totals"] | {"was_cases": 0, "now_cases": 1, "in": 1} == found.summary["totals"]


def test_on_a_day_that_is_past_a_number_was_whose_the_desk_knew_it_to_be_then(lender, reps, tmp_path):
    """C1's number is corrected on the first day and again on the third; C2's, told on the first, on the second."""
    for n in (1, 2):
        lender.loan(f"L{n}", after(-5))
    lender.rows["contacts"].append({"customer_id": "C1", "phone": "10000009901", "relation": "friend", "rank": 1})
    lender.day()
    filed = case_of("C1").customer.contact_points.get(phone="10000009901")

    def corrected(customer: str, number: int, day: int, relation: str, place: str = "") -> None:
        with clock.at(datetime(2026, 11, 24 + day, 4, tzinfo=UTC)):
            said = number_corrections.Correction(relation, place, "records", name=f"某{day}", reference="A-1")
            number_corrections.correct(case_of(customer).pk, number, said, reps[0], uuid4())

    with clock.at(datetime(2026, 11, 24, 4, tzinfo=UTC)):
        told = numbers.add(
            case_of("C2").pk, numbers.Told("13800138000", "friend", "mobile", "borrower"), reps[0], uuid4()
        )
    corrected("C1", filed.pk, 0, "relative")
    corrected("C2", told.pk, 1, "spouse", "home")
    corrected("C1", filed.pk, 2, "parent", "work")
    known = {
        day: {row["customer_id"]: row for row in knowing.numbers_on(after(day)).iter_rows(named=True)}
        for day in range(4)
    }
    whose = {
        day: {c: (row["relation"], row["told_relation"]) for c, row in rows.items()} for day, rows in known.items()
    }
    assert whose == {
        0: {},
        1: {"C1": ("relative", "relative"), "C2": ("friend", None)},
        2: {"C1": ("relative", "relative"), "C2": ("spouse", "spouse")},
        3: {"C1": ("parent", "parent"), "C2": ("spouse", "spouse")},
    }
    assert [known[day]["C1"]["told_place"] for day in (2, 3)] == [None, "work"]
    assert [known[day]["C2"]["place"] for day in (1, 2)] == ["mobile", "home"]
    assert [known[day]["C2"]["anothers"] for day in (1, 2)] == [False, True]


def test_a_trial_keeps_to_the_hours_of_both_places_once_that_was_told(lender, reps, tmp_path):
    lender.loan("L1", after(-5))
    lender.rows["customers"][-1]["zone"] = "Asia/Shanghai"
    lender.day()
    contact("C1", hour=5)
    with clock.at(datetime(2026, 11, 24, 8, tzinfo=UTC)):
        told = keeping.Said("address", "某街 1", "borrower", zone="America/New_York")
        keeping.say(case_of("C1").pk, told, reps[0], uuid4())
    for day in (1, 2):
        lender.day(after(day))

    def law(day: int) -> set[str]:
        """13:00 to 15:00 in Shanghai is after midnight in New York."""
        asked = Question(str(lender.path), after(day), STANDARD, CHANGED)
        return set(simulate(asked, tmp_path / f"{day}").cases().collect()["was_law"])

    assert (law(0), law(1)) == ({"allowed"}, {"other_hours"})


def test_a_trial_counts_the_talks_of_the_day_on_both_calendars(lender, reps, tmp_path):
    lender.loan("L1", after(-5))
    lender.rows["customers"][-1]["zone"] = "Asia/Shanghai"
    lender.day()
    for _ in range(3):  # 20:00 in Shanghai is two in the morning of the same day in Honolulu
        made = contact("C1", reached="self", result="no_result", hour=12)
        gate.report(made.attempt_id, "conversation", made.started_at, None)
    lender.day(after(1))

    def refused(day: int, name: str) -> set[str]:
        """13:00 to 15:00 in Shanghai is 19:00 to 21:00 of the day before in Honolulu."""
        asked = Question(str(lender.path), after(day), STANDARD, CHANGED)
        return set(simulate(asked, tmp_path / name).cases().collect()["was_refused"])

    assert refused(1, "before") == {""}
    with clock.at(datetime(2026, 11, 24, 8, tzinfo=UTC)):
        told = keeping.Said("address", "某街 1", "borrower", zone="Asia/Dubai")
        keeping.say(case_of("C1").pk, told, reps[0], uuid4())
    assert refused(1, "told") == {""}, "in Dubai it is the next day as well"
    with clock.at(datetime(2026, 11, 24, 8, tzinfo=UTC)):
        told = keeping.Said("address", "某街 2", "borrower", zone="Pacific/Honolulu")
        keeping.say(case_of("C1").pk, told, reps[0], uuid4())
    assert refused(1, "west") == {"conversations-per-day"}


def test_on_a_day_that_is_past_holders_knew_and_guarantors_were_bound_as_was_said_by_then(
    lender, reps, store, tmp_path
):
    """Said on the first day, otherwise on the third; the friend's number is another's from the second on."""
    lender.loan("L1", after(-5))
    rows = lender.rows["contacts"]
    rows[-1]["place"] = "work"
    rows.append({"customer_id": "C1", "phone": "10000009901", "relation": "guarantor", "rank": 1})
    rows.append({"customer_id": "C1", "phone": "10000009902", "relation": "friend", "rank": 2, "name": "某人"})
    rows.append({"customer_id": "C1", "phone": "10000009903", "relation": "relative", "rank": 3})
    lender.day()
    manager = User.objects.create(username="manager", role="store_manager", store=store)
    case = case_of("C1")
    bound, friend, relative = (case.customer.contact_points.get(phone=f"1000000990{n}") for n in (1, 2, 3))
    wishes.write(
        uuid4(), "inconvenient_place", person=case.customer.person_id, details={"place": "work"}, evidence="call",
        at=datetime(2026, 11, 24, 3, tzinfo=UTC),
    )  # fmt: skip

    def says(day: int, knows: dict, liable: bool, seen: int) -> None:
        told = {"kind": "correction" if seen else "interview", "reason": "said" if seen else "", "seen": seen}
        with clock.at(clock.moment(after(day)) + timedelta(hours=11)):
            sent = {f"knowers-{point.pk}": [answer] for point, answer in knows.items()}
            interviewing.save(case.customer_id, sent, reps[0], uuid4(), held_on=after(day), **told)
            guarantors.say(case.pk, bound.pk, liable, "B-1", manager, uuid4())

    says(0, {friend: "yes", relative: "no"}, False, 0)
    with clock.at(clock.moment(after(1)) + timedelta(hours=11)):
        said = number_corrections.Correction("friend", "", "records", name="另一人", reference="A-1")
        number_corrections.correct(case.pk, friend.pk, said, reps[0], uuid4())
    says(2, {friend: "yes", relative: "yes"}, True, 1)
    for day in (1, 2, 3):
        lender.day(after(day))

    def known(day: int) -> tuple:
        rows = {row["phone"]: row for row in knowing.numbers_on(after(day)).iter_rows(named=True)}
        told = [rows.get(point.phone, {}).get("said_to_know") for point in (friend, relative)]
        return (*told, rows.get(bound.phone, {}).get("liable"))

    assert [known(day) for day in range(4)] == [
        (None, None, None), (True, False, False), (None, False, False), (None, True, True),
    ]  # fmt: skip

    def law(day: int) -> set[str]:
        asked = Question(str(lender.path), after(day), STANDARD, CHANGED)
        return set(simulate(asked, tmp_path / f"{day}").cases().collect()["was_law"])

    assert [law(day) for day in (1, 2, 3)] == [{"blocked"}, {"blocked"}, {"allowed"}]


def test_a_call_back_that_was_agreed_since_is_not_known_then(lender, reps, tmp_path):
    lender.loan("L1", after(-5))
    lender.day()
    with clock.at(datetime(2026, 11, 25, 4, tzinfo=UTC)):
        at = datetime(2026, 11, 27, 14, tzinfo=UTC)
        wishing.call_back(case_of("C1").customer_id, at, reps[0], uuid4(), evidence="written")
    lender.day(after(1))
    known = knowing.of_desk(figures.age(Book(lender.path).current(), after(1), None, "default"))
    told = [list(numbers_of._call_backs(known, after(day))["customer_id"]) for day in (1, 2)]
    assert told == [[], ["C1"]]
