"""What people do at a served desk, and what its pages show them; run inside the desk's own process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from uuid import uuid4

from django.test import Client

from shouyue.base import money
from shouyue.base.errors import ShouyueError
from shouyue.casework import calls, number_corrections, numbers
from shouyue.casework.concessions import proposing
from shouyue.casework.contact_changes.standing import waiting
from shouyue.casework.details import keeping
from shouyue.casework.models import Case, Concession, Contact, Loan, Phase, Quote, ToldLine
from shouyue.casework.number_corrections import Correction
from shouyue.casework.outcome import Outcome
from shouyue.people.models import Role, User


def client(by: User) -> Client:
    made = Client(SERVER_NAME="localhost")
    made.force_login(by)
    return made


def said(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


def waive(least: int) -> None:
    """Reps propose half of a loan's late fees by the form; their managers approve that and what was proposed before."""
    late = Case.objects.filter(status=Case.Status.OPEN, phase=Phase.COLLECTION, assignee__isnull=False)
    for case in late.order_by("dpd", "pk"):
        for loan in case.customer.loans.order_by("pk"):
            if fee := proposing.owed(loan)["late_fee"] // 2:
                form = {"loan": loan.loan_id, "late_fee": str(money.from_minor(fee, loan.currency))}
                form |= {"reason": "hardship", "action": "save", "id": str(uuid4())}
                answer = client(case.assignee).post(f"/cases/{case.pk}/concessions/new", form)
                assert answer.status_code in (302, 422), answer  # 422: another one of the loan is on its way
    for proposed in Concession.objects.filter(state="proposed").select_related("case"):
        manager = User.objects.get(role=Role.STORE_MANAGER, store=proposed.case.store)
        for by in (manager, User.objects.get(username="head")):  # what is beyond the manager's limit
            client(by).post(f"/concessions/{proposed.pk}/", {"action": "approve"})
    assert Concession.objects.filter(state="approved").count() >= least


def settle(how_many: int, on: date) -> None:
    """Quotes made by the form and accepted by the form."""
    left = how_many
    for case in Case.objects.filter(status=Case.Status.OPEN, assignee__isnull=False).order_by("-dpd", "pk"):
        loans = Loan.objects.filter(customer_id=case.customer_id, outstanding_minor__gt=100_00)
        if not left or loans.count() != 1 or Quote.objects.filter(loan_number=loans[0].loan_id).exists():
            continue
        if Concession.objects.filter(loan_number=loans[0].loan_id).exists():
            continue
        rep = client(case.assignee)
        form = {"loan": loans[0].loan_id, "day": on.isoformat()}
        page = said(rep.post(f"/cases/{case.pk}/quotes/new", {**form, "action": "show"}))
        digest = re.search(r'name="shown" value="([0-9a-f]+)"', page)
        assert digest, page
        answer = rep.post(
            f"/cases/{case.pk}/quotes/new", {**form, "action": "save", "shown": digest[1], "id": str(uuid4())}
        )
        assert answer.status_code == 302, said(answer)
        quote = Quote.objects.get(loan_number=loans[0].loan_id)
        assert rep.post(f"/quotes/{quote.pk}/", {"action": "accept"}).status_code == 302
        left -= 1
    assert not left


def hear(how_many: int) -> None:
    """Borrowers tell a new number, where they live and work, and whose a number is; one number is dead."""
    tell: list[Callable[[Case, User, int], object]] = [
        lambda case, rep, n: numbers.add(
            case.pk, numbers.Told(f"100299990{n:02}", "self", "mobile", "borrower"), rep, uuid4()
        ),
        lambda case, rep, n: keeping.say(
            case.pk, keeping.Said("address", f"守约路 {n} 号 3 栋 1201 室", "borrower"), rep, uuid4()
        ),
        lambda case, rep, n: keeping.say(
            case.pk, keeping.Said("employer", f"如期机械厂第 {n} 车间", "borrower"), rep, uuid4()
        ),
        _dead,
        _corrected,
    ]
    done = 0
    for case in Case.objects.filter(status=Case.Status.OPEN, assignee__isnull=False).order_by("-pk"):
        if done == how_many:
            break
        point = case.customer.contact_points.filter(relation="self").order_by("rank", "pk").first()
        started = calls.start(case.pk, point.pk, case.assignee, uuid4()) if point else None
        if started is None or started.contact is None:
            continue  # not allowed now
        calls.finish(started.contact.pk, case.assignee, Outcome("self", "no_result"))
        try:
            tell[done % len(tell)](case, case.assignee, done)
        except ShouyueError:
            continue
        done += 1
    assert done == how_many and not Contact.objects.filter(status=Contact.Status.STARTED).exists()


def _dead(case: Case, rep: User, n: int) -> None:
    point = case.customer.contact_points.exclude(relation="self").order_by("rank", "pk").last()
    if point is None:
        raise numbers.NO_MARK.error()
    numbers.mark(case.pk, point.pk, "out_of_service", "borrower", rep, uuid4())


def _corrected(case: Case, rep: User, n: int) -> None:
    point = case.customer.contact_points.filter(relation__in=["friend", "colleague"]).first()
    if point is None:
        raise numbers.NO_MARK.error()
    number_corrections.correct(case.pk, point.pk, Correction("relative", "", "borrower", "王五"), rep, uuid4())


def standing() -> None:
    """Print what the desk has of all that the core was told, as JSON, each by what a file calls it."""
    told = ToldLine.objects.select_related("instruction").order_by("pk")
    print(
        "STANDING"
        + json.dumps(
            {
                "concessions": {
                    f"{one.instruction.number}/{one.loan_number}": one.state
                    for one in Concession.objects.exclude(instruction=None).select_related("instruction")
                    if one.instruction
                },
                "settlements": {one.loan_number: one.state for one in Quote.objects.exclude(instruction=None)},
                "contacts": {f"{one.instruction.number}/{one.line}": one.settled_because for one in told},
                "worked": [f"{one.instruction.number}/{one.line}" for one in waiting()],
            }
        )
    )


def pages() -> None:
    """Print which contracts the pages show under each state, and what the core's page counts, as JSON."""
    head, found = client(User.objects.get(username="head")), {}
    for address in [f"/concessions/?state={state}" for state in ("done", "differs", "exported")] + [
        f"/quotes/?which={state}" for state in ("settled", "differs", "accepted")
    ]:
        found[address] = sorted(set(re.findall(r"SY\d{9}", said(head.get(address)))))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", said(head.get("/core/"))))
    waits = re.search(r"(\d+) 项变更等待核心系统的下一份文件", text)
    print("PAGES" + json.dumps(found | {"/core/": int(waits[1]) if waits else text}))


def tell(settle_on: str) -> None:
    waive(7)
    settle(7, date.fromisoformat(settle_on))
    hear(12)


def call(cases: list[int], times: int) -> None:
    """Reps call these customers turn by turn, as long as the gate lets them; nobody answers, or he does."""
    made = 0
    for turn in range(times):
        for case in Case.objects.filter(pk__in=cases).order_by("pk"):
            rep = case.assignee or User.objects.filter(role=Role.REP, store=case.store).first()
            point = case.customer.contact_points.filter(relation="self").order_by("rank", "pk").first()
            assert rep is not None and point is not None
            started = calls.start(case.pk, point.pk, rep, uuid4())
            if started.contact is None:
                continue
            reached = Outcome("self", "no_result") if (turn + case.pk) % 2 else Outcome("nobody")
            calls.finish(started.contact.pk, rep, reached)
            made += 1
    print(f"CALLED {made}")
