"""Early settlement quotes: the sum follows from the terms, is held to, told to the core once, found in its files."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from shouyue.ageing.settling import PARTS, Payoff
from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import ending, instructions
from shouyue.casework.concessions import exporting as waiver_exporting
from shouyue.casework.concessions import proposing
from shouyue.casework.models import Instruction, Loan, Quote, TimelineEntry
from shouyue.casework.quotes import exporting, judging, quoting, states
from shouyue.casework.quotes.quoting import Basis
from shouyue.casework.quotes.terms import read, rules
from shouyue.compliance.models import AuditEntry
from shouyue.people.permissions import NotPermitted
from shouyue.reports import witness
from tests.casework.walking import Walk

from .conftest import MORNING, TODAY, make_case
from .test_call import code_of

pytestmark = pytest.mark.django_db

BASIS = Basis("book", "000001-a", "default", TODAY, None)
DAY = TODAY + timedelta(days=5)
CONTRACT = {"principal": 150_000, "interest": 30_000, "fee": 0, "penalty": 15_000, "late_fee": 5_000}
ASKED = CONTRACT | {"interest": 4_000}


def payoff(day: date, paid: int = 0, **asked: int) -> Payoff:
    return Payoff(day, CONTRACT, ASKED | asked, 0, 0, paid, 0, ())


def engine(loan, terms, day):
    return payoff(day), BASIS


def offer(desk, day=DAY, engine=engine):
    return quoting.offer(desk.case, desk.loan, day, engine)


def make(desk, by=None, day=DAY, engine=engine, quote_id=None) -> Quote:
    shown = quoting.offer(desk.case, desk.loan, day, engine).digest
    return quoting.make(desk.case.pk, "L0001", day, shown, engine, by or desk.rep, quote_id or uuid4())


def judged(quote, *payments, over=False, as_of=DAY) -> str:
    judging.judge({quote.pk: judging.Loan(payments, over)}, as_of, MORNING)
    quote.refresh_from_db()
    return quote.state


def test_it_offers_what_the_terms_ask_for_and_says_what_is_saved(desk, morning):
    quote = make(desk)
    assert (quote.total_minor, quote.saved_minor, quote.state) == (174_000, 26_000, "offered")
    assert quoting.amounts(quote) == ASKED | {"settlement_fee": 0}
    assert (quote.terms["name"], quote.basis["book_version"]) == ("statute", "000001-a")
    line = TimelineEntry.objects.get(case=desk.case, kind="quote")
    assert line.data["amount_minor"] == 174_000 and line.data["pay_by"] == DAY.isoformat()


def test_the_same_request_again_makes_one(desk, morning):
    key = uuid4()
    assert make(desk, quote_id=key).pk == make(desk, quote_id=key).pk == key
    assert Quote.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "code"),
    [(TODAY - timedelta(days=1), "SETL-005"), (TODAY + timedelta(days=16), "SETL-005"), (None, "SETL-005")],
)
def test_only_for_a_day_that_the_rules_allow(desk, morning, day, code):
    assert code_of(lambda: offer(desk, day)) == (code, "day")


def test_what_is_saved_is_what_was_shown(desk, morning):
    dearer = lambda loan, terms, day: (payoff(day, penalty=16_000), BASIS)  # noqa: E731
    shown = offer(desk).digest
    case, loan = desk.case.pk, "L0001"
    assert code_of(lambda: quoting.make(case, loan, DAY, shown, dearer, desk.rep, uuid4())) == ("SETL-007", "shown")
    assert not Quote.objects.exists()


def test_no_quote_where_nothing_is_owed_or_no_terms_fit_or_the_work_was_ended(desk, morning, monkeypatch):
    nothing = lambda loan, terms, day: (Payoff(day, CONTRACT, dict.fromkeys(PARTS, 0), 0, 0, 0, 9, ()), BASIS)  # noqa: E731
    assert code_of(lambda: offer(desk, engine=nothing)) == ("SETL-006", "loan")
    own = replace(rules(), entries=(replace(rules().entries[0], products=frozenset({"another"})),))
    with monkeypatch.context() as patched:
        patched.setattr(quoting, "rules", lambda: own)
        assert code_of(lambda: offer(desk)) == ("SETL-002", "loan")
    desk.case.customer.ended_because = "sold"
    assert code_of(lambda: offer(desk)) == ("SETL-003", "loan")


def test_a_newer_offer_replaces_one_that_nobody_accepted_and_no_other(desk, morning):
    first = make(desk)
    second = make(desk)
    first.refresh_from_db()
    assert first.state == "replaced"
    quoting.decide(second.pk, "accept", "", desk.rep)
    assert code_of(lambda: make(desk)) == ("SETL-008", "loan")


def test_who_says_what(desk, morning):
    quote = make(desk)
    with pytest.raises(NotPermitted):
        quoting.decide(quote.pk, "accept", "", desk.auditor)
    assert code_of(lambda: quoting.decide(quote.pk, "accept", "", desk.stranger))[0] == "SETL-009"
    assert code_of(lambda: quoting.decide(quote.pk, "withdraw", "", desk.rep)) == ("SETL-011", "note")
    assert code_of(lambda: quoting.decide(quote.pk, "withdraw", "x", desk.colleague)) == ("SETL-013", "action")
    assert quoting.decide(quote.pk, "withdraw", "changed his mind", desk.manager).state == "withdrawn"
    assert code_of(lambda: quoting.decide(quote.pk, "accept", "", desk.rep)) == ("SETL-010", "action")


def test_money_in_full_by_the_day_settles_it_once_the_core_shows_the_end(desk, morning):
    quote = make(desk)
    assert judged(quote, (TODAY, 173_999)) == "offered"
    assert quote.paid_minor == 173_999
    assert judged(quote, (TODAY, 173_999), (DAY, 1)) == "paid"
    assert quote.paid_on == DAY
    assert judged(quote, (TODAY, 173_999), (DAY, 1), over=True) == "settled"
    assert judged(quote, (TODAY, 173_999), (DAY, 1), over=True) == "settled"
    assert list(quote.steps.order_by("seq").values_list("action", flat=True)) == ["offer", "pay", "find"]


def test_money_that_was_known_when_it_was_made_does_not_count_twice_and_late_money_not_at_all(desk, morning):
    quote = make(desk, engine=lambda loan, terms, day: (payoff(day, paid=50_000), BASIS))
    assert judged(quote, (TODAY, 50_000), (DAY, 124_000)) == "offered"
    assert judged(quote, (TODAY, 50_000), (DAY, 124_000), (DAY + timedelta(days=1), 50_000)) == "offered"
    assert judged(quote, (TODAY, 50_000), (DAY, 174_000)) == "paid"


def test_it_expires_once_money_can_no_longer_be_booked_and_comes_back_if_it_was(desk, morning):
    quote = make(desk)
    assert judged(quote, as_of=DAY + timedelta(days=2)) == "offered"
    assert judged(quote, as_of=DAY + timedelta(days=3)) == "expired"
    assert quote.pk in judging.watched(DAY + timedelta(days=5))
    assert judged(quote, (DAY, 174_000), as_of=DAY + timedelta(days=5)) == "paid"


def test_an_expired_one_stays_so_beside_a_newer(desk, morning):
    quote = make(desk)
    assert judged(quote, as_of=DAY + timedelta(days=3)) == "expired"
    make(desk)
    assert quote.pk not in judging.watched(DAY + timedelta(days=5))
    assert judged(quote, (DAY, 174_000), as_of=DAY + timedelta(days=5)) == "expired"


def test_a_payment_taken_back_opens_it_again(desk, morning):
    quote = make(desk)
    assert judged(quote, (TODAY, 174_000)) == "paid"
    assert judged(quote, as_of=TODAY) == "accepted"
    assert quote.paid_on is None and quote.paid_minor == 0


def test_the_core_settles_it_for_another_sum_and_one_that_is_gone_is_settled_only_once_paid(desk, morning):
    assert judged(make(desk), (TODAY, 100), over=True) == "settled"
    other = make(desk)
    assert judged(other, (TODAY, 100), over=None) == "offered"
    assert judged(other, (TODAY, 174_000), over=None) == "settled"


def test_what_the_core_does_not_show_is_seen_and_closed_by_another_person_with_words(desk, morning):
    quote = make(desk, desk.manager)
    assert judged(quote, (TODAY, 174_000)) == "paid"
    assert judged(quote, (TODAY, 174_000), as_of=TODAY + timedelta(days=8)) == "differs"
    assert code_of(lambda: quoting.decide(quote.pk, "close", "booked by hand", desk.manager)) == ("SETL-012", "action")
    assert code_of(lambda: quoting.decide(quote.pk, "close", "", desk.head)) == ("SETL-011", "note")
    assert quoting.decide(quote.pk, "close", "booked by hand", desk.head).state == "settled"


def test_it_takes_off_a_waiver_that_stands_until_the_day_and_holds_it(desk, morning):
    Loan.objects.update(outstanding_penalty_minor=15_000, outstanding_late_fee_minor=5_000)
    type(desk.case).objects.update(stage="golden")
    waiver = proposing.propose(desk.case.pk, "L0001", {"penalty": 5_000}, "settles", "", desk.rep, uuid4())
    assert offer(desk).total_minor == 174_000, "nobody has said yes"
    proposing.decide(waiver.pk, "approve", "", desk.manager)
    assert offer(desk, TODAY + timedelta(days=15)).total_minor == 174_000, "it is over by then"
    quote = make(desk)
    assert (quote.total_minor, quote.concession) == (169_000, waiver)
    part = quote.parts.get(component="penalty")
    assert (part.contract_minor, part.waived_minor, part.amount_minor) == (15_000, 5_000, 10_000)
    assert code_of(lambda: proposing.decide(waiver.pk, "withdraw", "no", desk.rep)) == ("WAIV-015", "action")
    quoting.decide(quote.pk, "withdraw", "no", desk.rep)
    assert proposing.decide(waiver.pk, "withdraw", "no", desk.rep).state == "withdrawn"


def test_the_core_is_told_once_with_control_totals_and_numbers_of_their_own(desk, morning, tmp_path):
    assert exporting.export() is None
    quote = make(desk)
    assert exporting.export() is None, "nobody wants it yet"
    quoting.decide(quote.pk, "accept", "", desk.rep)
    Instruction.objects.create(kind="concessions", number=1, made_at=MORNING, count=0, text="", sha256="")
    made = exporting.export()
    assert made is not None and made.number == 1 and exporting.export() is None
    (path,) = instructions.write(exporting.KIND, tmp_path)
    assert path.name == "settlements-000001.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [r["record"] for r in rows] == [*["part"] * 6, "settle", "total", "end"]
    assert {r["component"]: (r["contract_amount"], r["amount"]) for r in rows[:6]}["interest"] == ("300.00", "40.00")
    assert (rows[6]["amount"], rows[6]["pay_by"], rows[6]["contract"]) == ("1740.00", DAY.isoformat(), "L0001")
    assert (rows[7]["line"], rows[7]["amount"], rows[8]["line"]) == ("1", "1740.00", "7")
    assert instructions.write(waiver_exporting.KIND, tmp_path)[0].name == "concessions-000001.csv"


def test_what_is_only_offered_is_called_off_as_the_work_ends(desk, morning):
    quote = make(desk)
    ending.end(desk.case.pk, "sold", "sold to another lender", desk.head)
    quote.refresh_from_db()
    assert (quote.state, quote.steps.latest("seq").by) == ("withdrawn", desk.head)


def test_the_database_itself_refuses_what_may_not_be(desk, morning):
    quote = make(desk)
    for values in ({"state": "paid"}, {"state": "differs"}, {"total_minor": 0}, {"pay_by": TODAY - timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Quote.objects.filter(pk=quote.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        quote.parts.filter(component="principal").update(waived_minor=1)


# ---- several loans at once ------------------------------------------------------------------------------------------


def more_loans(desk, *numbers: str, **values) -> None:
    told = {"currency": "CNY", "dpd": 0, "bucket": "C", "overdue_minor": 0, "outstanding_minor": 200_000} | values
    for number in numbers:
        Loan.objects.create(loan_id=number, customer=desk.case.customer, **told)


def of_each(loan, terms, day):
    """Each loan costs something else."""
    return payoff(day, principal=100_000 + int(loan.loan_id[1:])), BASIS


def together(desk, *numbers: str, by=None, key=None, shown="", engine=of_each) -> list[Quote]:
    chosen = [Loan.objects.get(loan_id=number) for number in numbers]
    shown = shown or quoting.offers(desk.case, chosen, DAY, engine).digest
    return quoting.make_together(desk.case.pk, numbers, DAY, shown, engine, by or desk.rep, key or uuid4())


def test_several_loans_are_quoted_in_one_act_each_by_itself(desk, morning):
    more_loans(desk, "L0002", "L0003")
    key, numbers = uuid4(), ("L0001", "L0002", "L0003")
    made = together(desk, *numbers, key=key)
    assert together(desk, *numbers, key=key) == made and Quote.objects.count() == 3
    assert {q.loan_number: q.total_minor for q in made} == {"L0001": 124_001, "L0002": 124_002, "L0003": 124_003}
    assert {q.together for q in made} == {key} and {q.state for q in made} == {"offered"}
    whole = quoting.offers(desk.case, list(Loan.objects.all()), DAY, of_each)
    assert (whole.total_minor, whole.saved_minor) == (372_006, 3 * 200_000 - 372_006)
    assert judged(made[0], (DAY, 124_001)) == "paid"  # for itself
    assert [q.state for q in quoting.made_together(key, desk.rep)] == ["paid", "offered", "offered"]
    assert AuditEntry.objects.filter(action="quote.offer", data__together=str(key)).count() == 3
    assert list(witness.altered()) == []
    Quote.objects.filter(pk=made[1].pk).update(together=None)
    assert {one.row for one in witness.altered()} == {f"Quote {made[1].pk}"}
    part = made[0].parts.order_by("pk").first()
    part.contract_minor += 1
    part.save()
    assert {one.row for one in witness.altered()} == {f"Quote {made[1].pk}", f"QuotePart {part.pk}"}


def test_one_loan_alone_is_in_no_act(desk, morning):
    key = uuid4()
    (made,) = together(desk, "L0001", key=key)
    assert (made.pk, made.together) == (key, None)


def test_all_are_made_or_none_and_the_one_that_cannot_be_is_named(desk, morning):
    more_loans(desk, "L0002", "L0003")
    more_loans(desk, "L0004", currency="USD")
    (on_way,) = together(desk, "L0003")
    quoting.decide(on_way.pk, "accept", "", desk.rep)
    assert quoting.bound(quoting.loans(desk.case)) == ["L0003"]
    first = make(desk)

    def nothing(loan, terms, day):
        found = of_each(loan, terms, day)
        return (replace(found[0], asked=dict.fromkeys(PARTS, 0)), BASIS) if loan.loan_id == "L0002" else found

    with pytest.raises(ShouyueError) as error:
        together(desk, "L0001", "L0002", engine=nothing)
    assert error.value.code == "SETL-017" and "L0002" in error.value.zh and "nothing more" in error.value.en
    with pytest.raises(ShouyueError) as error:
        together(desk, "L0001", "L0003")
    assert error.value.code == "SETL-017" and "L0003" in error.value.en and "on its way" in error.value.en
    assert code_of(lambda: together(desk, "L0001", "L0004")) == ("SETL-016", "loan")
    assert code_of(lambda: together(desk, "L0001", "L0002", shown="0" * 16)) == ("SETL-007", "shown")
    assert code_of(lambda: together(desk)) == ("SETL-004", "loan")
    made = lambda: quoting.make_together(desk.case.pk, ["L0001", "no"], DAY, "", of_each, desk.rep, uuid4())  # noqa: E731
    assert code_of(made) == ("SETL-004", "loan")
    first.refresh_from_db()
    assert Quote.objects.count() == 2 and first.state == "offered", "what gave way in a refused act stands again"


def test_they_are_accepted_and_taken_back_together(desk, morning):
    more_loans(desk, "L0002", "L0003")
    key = uuid4()
    made = together(desk, "L0001", "L0002", "L0003", key=key)
    quoting.decide(made[2].pk, "withdraw", "not this one", desk.rep)
    assert code_of(lambda: quoting.decide_together(key, "accept", "", desk.stranger))[0] == "SETL-009"
    for _ in range(2):
        found = quoting.decide_together(key, "accept", "", desk.rep)
        assert [q.state for q in found] == ["accepted", "accepted", "withdrawn"]
    assert TimelineEntry.objects.filter(kind="quote", data__action="accept").count() == 2
    instruction = exporting.export()
    assert instruction is not None and instruction.totals == [["CNY", "settle", 2, 248_003]]
    assert code_of(lambda: quoting.decide_together(key, "withdraw", "", desk.rep)) == ("SETL-011", "note")
    assert code_of(lambda: quoting.decide_together(key, "withdraw", "x", desk.colleague)) == ("SETL-013", "action")
    assert {q.state for q in quoting.decide_together(key, "withdraw", "kept his plan", desk.manager)} == {"withdrawn"}
    assert code_of(lambda: quoting.decide_together(key, "accept", "", desk.rep)) == ("SETL-010", "action")
    assert code_of(lambda: quoting.decide_together(uuid4(), "accept", "", desk.rep))[0] == "SETL-009"


HEAD = "notice_days=0\nlatest_days=1\nbooking_days=0\ncore_days=0\n"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        HEAD,
        HEAD.replace("latest_days=1\n", "") + '[[terms]]\nname="a"',
        HEAD + "[[terms]]\n",
        HEAD + '[[terms]]\nname="a"\ninterst="full"',
        HEAD + '[[terms]]\nname="a"\ninterest="some"',
        HEAD + '[[terms]]\nname="a"\nproducts="p"',
        HEAD + '[[terms]]\nname="a"\nopened_from="2026-01-01"',
        HEAD + '[[terms]]\nname="a"\nfee_least="a lot"',
        HEAD + '[[terms]]\nname="a"\n[[terms]]\nname="a"',
        HEAD.replace("=1", "=-1") + '[[terms]]\nname="a"',
    ],
)
def test_a_file_of_terms_that_cannot_be_meant_is_refused(tmp_path, text):
    path = tmp_path / "quotes.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ShouyueError) as error:
        read(path)
    assert error.value.code == "SETL-001"


def test_the_first_terms_that_fit_the_loan_apply(tmp_path):
    path = tmp_path / "quotes.toml"
    path.write_text(
        HEAD
        + '[[terms]]\nname="phones"\nproducts=["phone"]\nopened_from=2025-01-01\nfee_ppm=10000\nfee_most="50"\n'
        + '[[terms]]\nname="rest"\nopened_until=2027-01-01\n',
        encoding="utf-8",
    )
    found = read(path)
    new, old = date(2025, 6, 1), date(2024, 6, 1)
    assert found.terms("phone", new, "CNY").name == "phones"
    assert (
        found.terms("phone", new, "JPY").fee_most_minor == 50
        and found.terms("phone", new, "CNY").fee_most_minor == 5_000
    )
    assert found.terms("phone", old, "CNY").name == found.terms("sofa", new, "CNY").name == "rest"
    assert found.terms("sofa", date(2027, 6, 1), "CNY") is None and found.terms("phone", None, "CNY") is None


class Life(Walk):
    """Anybody quotes, accepts, withdraws, closes, exports in any order, while days, money and the core's files move."""

    def __init__(self):
        super().__init__()
        roles = ("rep", "rep", "store_manager", "head_office", "auditor")
        self.staff = [self.hire(f"u{n}", role) for n, role in enumerate(roles)]
        self.case = make_case(self.store, self.staff[0], stage="M1")
        self.loan = self.case.customer.loans.get()
        self.payments: list[tuple[date, int]] = []
        self.over = False
        self.told: dict = {}

    def tried(self, act):
        try:
            with clock.at(MORNING + timedelta(days=self.day)), transaction.atomic():
                return act()
        except ShouyueError as error:
            assert error.code.startswith(("SETL-", "PEOPLE-001")), error
            return None

    def engine(self, loan, terms, day):
        paid = sum(minor for on, minor in self.payments if on <= day)
        left = max(0, 150_000 - paid)
        asked = dict.fromkeys(PARTS, 0) | {"principal": left, "interest": 100 if left else 0}
        return Payoff(day, asked | {"interest": 5_000}, asked, 0, 0, paid, 0, ()), BASIS

    @rule(who=st.integers(0, 4), ahead=st.integers(-1, 16))
    def quotes(self, who, ahead):
        self.case.refresh_from_db()
        day = self.case.as_of + timedelta(days=ahead)

        def act():
            shown = quoting.offer(self.case, self.loan, day, self.engine).digest
            return quoting.make(self.case.pk, "L0001", day, shown, self.engine, self.staff[who], uuid4())

        self.tried(act)

    @rule(who=st.integers(0, 4), pick=st.integers(0, 9), action=st.sampled_from(["accept", *states.DECISIONS]))
    def decides(self, who, pick, action):
        every = list(Quote.objects.order_by("pk"))
        if every:
            self.tried(lambda: quoting.decide(every[pick % len(every)].pk, action, "because", self.staff[who]))

    @rule()
    def exports(self):
        made = self.tried(exporting.export)
        for one in made.quotes.all() if made else ():
            assert one.pk not in self.told, "told twice"
            self.told[one.pk] = made.number

    @rule(minor=st.sampled_from([1, 50_000, 100_000, 150_100]), late=st.integers(0, 3))
    def pays(self, minor, late):
        self.payments.append((TODAY + timedelta(days=max(0, self.day - late)), minor))

    @rule()
    def takes_back(self):
        if self.payments:
            self.payments.pop()

    @rule(over=st.booleans())
    def core_answers(self, over):
        self.over = over

    @rule(days=st.integers(0, 4))
    def a_file_comes(self, days):
        self.day += days
        as_of = TODAY + timedelta(days=self.day)
        type(self.case).objects.update(as_of=as_of)
        seen = {pk: judging.Loan(list(self.payments), self.over) for pk in judging.watched(as_of)}
        with clock.at(MORNING + timedelta(days=self.day)), transaction.atomic():
            judging.judge(seen, as_of, clock.now())
            assert not judging.judge(seen, as_of, clock.now()), "the same file twice changes nothing"

    @invariant()
    def what_was_said_is_held(self):
        for one in Quote.objects.all():
            was = ""
            for step in one.steps.order_by("seq"):
                assert step.action == "export" or step.state == states.after(was, step.action)
                was = step.state
            assert was == one.state
            assert sum(quoting.amounts(one).values()) == one.total_minor
            if one.state in (states.PAID, states.DIFFERS):
                assert one.made_on <= one.paid_on <= one.pay_by and one.paid_minor >= one.total_minor
        assert Quote.objects.filter(state__in=states.LIVE).count() <= 1


def test_any_order_of_things(db):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
