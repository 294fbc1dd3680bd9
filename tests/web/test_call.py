"""A call from the page: begun once, ticked as it goes, logged once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from shouyue.base import clock
from shouyue.casework import calls
from shouyue.casework.models import Contact, Promise, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Attempt, GateDecision
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(desk, as_user) -> Client:
    return as_user(desk.rep)


def begin(client, desk, relation="self", contact=None, case=None):
    case = case or desk.case
    return client.post(
        f"/cases/{case.pk}/call", {"point": desk.number(relation, case).pk, "contact": str(contact or uuid4())}
    )


PROMISE = {"reached": "self", "result": "promise", "promise_amount": "500.00", "promise_due": "2026-11-26"}


def test_the_gates_answer_stands_above_the_call_button(client, desk):
    text = client.get(f"/cases/{desk.case.pk}/").content.decode()
    assert "You may call now." in text
    assert text.index('id="gate"') < text.index("Start the call")


def test_at_night_the_button_is_off_and_the_answer_says_why_and_when(client, desk):
    with clock.at(factories.NIGHT):
        text = client.get(f"/cases/{desk.case.pk}/").content.decode()
        begin(client, desk)
    assert "You may not call now" in text and "GB/T 45251-2025" in text and "tomorrow 08:00" in text
    assert not Contact.objects.exists() and not GateDecision.objects.get().allowed
    assert desk.case.timeline.get().kind == TimelineEntry.Kind.REFUSED


def test_two_clicks_are_one_call(client, desk):
    contact = uuid4()
    begin(client, desk, contact=contact)
    begin(client, desk, contact=contact)
    assert Contact.objects.get().pk == contact
    assert Attempt.objects.count() == 1


def test_a_closed_laptop_loses_no_tick(client, desk):
    begin(client, desk, case=desk.reminder)
    contact = Contact.objects.get()
    assert client.post(f"/contacts/{contact.pk}/tick", {"element": "identity", "outcome": "self"}).status_code == 204
    text = client.get(f"/cases/{desk.reminder.pk}/").content.decode()
    assert "Call in progress" in text
    assert 'value="self" data-reached="self" checked' in text
    assert f"/contacts/{contact.pk}/finish" in text


def test_a_closed_laptop_loses_no_note_and_keeps_none_that_may_not_be_written(client, desk):
    begin(client, desk, case=desk.reminder)
    contact = Contact.objects.get()

    def jotted(text: str) -> int:
        return client.post(f"/contacts/{contact.pk}/tick", {"note": text}).status_code

    assert jotted("will pay on Friday, wife is <ill>") == 204
    assert jotted("will pay on Friday, the 老賴") == 422
    text = client.get(f"/cases/{desk.reminder.pk}/").content.decode()
    assert "will pay on Friday, wife is &lt;ill&gt;</textarea>" in text
    assert not desk.reminder.timeline.filter(kind__in=("note", "contact")).exists()
    client.post(f"/contacts/{contact.pk}/finish", {"reached": "nobody", "note": "nobody there"})
    assert jotted("too late") == 409
    contact.refresh_from_db()
    assert contact.note == "nobody there"


def test_ticks_that_never_arrived_come_with_the_outcome(client, desk):
    begin(client, desk, case=desk.reminder)
    contact = Contact.objects.get()
    client.post(
        f"/contacts/{contact.pk}/finish",
        {"reached": "self", "result": "will_deposit", "tick-identity": "self", "tick-amount": "told"},
    )
    contact.refresh_from_db()
    assert contact.status == Contact.Status.FINISHED
    assert contact.elements == {"identity": "self", "amount": "told"}


def test_a_promise_is_saved_and_stands_in_the_timeline(client, desk):
    begin(client, desk)
    contact = Contact.objects.get()
    answer = client.post(f"/contacts/{contact.pk}/finish", PROMISE | {"note": "周四发工资"}, follow=True)
    assert answer.status_code == 200
    promise = Promise.objects.get()
    assert (promise.amount_minor, promise.due_on.isoformat()) == (50_000, "2026-11-26")
    text = answer.content.decode()
    assert "Promises CN¥500.00 by 2026-11-26" in text and "周四发工资" in text
    assert "Logged. N opens the next case." in text


def test_logging_twice_is_logging_once(client, desk):
    begin(client, desk)
    contact = Contact.objects.get()
    for _ in range(2):
        assert client.post(f"/contacts/{contact.pk}/finish", PROMISE).status_code == 302
    assert Promise.objects.count() == 1
    assert desk.case.timeline.filter(kind="contact").count() == 1


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({}, "reached", "say who was reached"),
        ({"reached": "self"}, "result", "with what result"),
        (PROMISE | {"promise_amount": ""}, "promise_amount", "above zero"),
        (PROMISE | {"promise_amount": "5oo"}, "promise_amount", "is not an amount"),
        (PROMISE | {"promise_amount": "0.001"}, "promise_amount", "more decimals"),
        (PROMISE | {"promise_amount": "4000.01"}, "promise_amount", "more than the total owed"),
        (PROMISE | {"promise_due": "2026-11-23"}, "promise_due", "cannot be before today"),
        (PROMISE | {"promise_due": "2027-03-01"}, "promise_due", "a longer arrangement is a plan"),
        (PROMISE | {"promise_due": "the day after"}, "promise_due", "Enter a valid date"),
        ({"reached": "nobody", "next_action_at": "2026-11-24T08:00"}, "next_action_at", "cannot be in the past"),
    ],
)
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(client, desk, sent, field, says):
    begin(client, desk)
    contact = Contact.objects.get()
    answer = client.post(f"/contacts/{contact.pk}/finish", sent | {"note": "was typed"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert list(answer.context["errors"]) == [field]
    assert says in text and "was typed" in text
    contact.refresh_from_db()
    assert contact.status == Contact.Status.STARTED


def test_errors_speak_the_users_language(client, desk):
    desk.rep.language = "zh-hans"
    desk.rep.save()
    begin(client, desk)
    answer = client.post(f"/contacts/{Contact.objects.get().pk}/finish", {})
    assert "请选择联系到了谁" in answer.content.decode()


def test_a_hidden_promise_is_not_judged(client, desk):
    begin(client, desk)
    contact = Contact.objects.get()
    answer = client.post(
        f"/contacts/{contact.pk}/finish", {"reached": "nobody", "promise_amount": "rubbish", "promise_due": "x"}
    )
    assert answer.status_code == 302
    contact.refresh_from_db()
    assert contact.status == Contact.Status.FINISHED and not Promise.objects.exists()


def test_a_call_left_open_is_found_again(client, desk):
    begin(client, desk)
    answer = begin(client, desk, case=desk.reminder)
    assert answer.status_code == 302
    text = client.get(f"/cases/{desk.reminder.pk}/").content.decode()
    assert f'<a href="/cases/{desk.case.pk}/">Open that call</a>' in text
    assert f'href="/cases/{desk.case.pk}/"' in client.get("/").content.decode()


def test_a_colleague_sees_who_is_on_the_line_and_cannot_log_it(client, desk, as_user):
    begin(client, desk)
    contact = Contact.objects.get()
    other = as_user(desk.colleague)
    assert "is on a call about this case" in other.get(f"/cases/{desk.case.pk}/").content.decode()
    assert other.post(f"/contacts/{contact.pk}/finish", {"reached": "nobody"}).status_code == 409


def test_a_number_of_another_customer_is_not_dialled(client, desk):
    answer = client.post(
        f"/cases/{desk.case.pk}/call", {"point": desk.number("self", desk.theirs).pk, "contact": str(uuid4())}
    )
    assert answer.status_code == 404
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("point", ["", "x", "-1", "99999999999999999999", "１"])
def test_a_strange_number_id_is_not_found(client, desk, point):
    assert client.post(f"/cases/{desk.case.pk}/call", {"point": point}).status_code == 404


def test_choosing_another_number_shows_its_answer_and_its_script(client, desk):
    answer = client.get(f"/cases/{desk.case.pk}/line?point={desk.number('friend').pk}", headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert "You may not call now" in text
    assert "could you ask for a call back" in text and "500.00" not in text
    assert "<html" not in text


def test_forms_without_the_token_are_refused(desk):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.rep)
    for path in (f"/cases/{desk.case.pk}/call", f"/cases/{desk.case.pk}/note", "/search", "/sign-out", "/language"):
        answer = strict.post(path, {"text": "x"})
        assert answer.status_code == 403, path
        assert "This page is too old" in answer.content.decode()
    assert not Attempt.objects.exists()


def test_a_promise_in_parts_stands_beside_the_open_one(desk, as_user):
    client = as_user(desk.rep)
    day = factories.TODAY
    for n, sent in enumerate(
        (
            {"promise_amount": "100", "promise_due": str(day + timedelta(days=1))},
            {
                "promise_amount": "200",
                "promise_due": str(day + timedelta(days=2)),
                "promise_amount_2": "300.50",
                "promise_due_2": str(day + timedelta(days=9)),
                "promise_beside": "1",
            },
        )
    ):
        contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
        assert contact is not None
        bad = client.post(
            f"/contacts/{contact.pk}/finish",
            {"reached": "self", "result": "promise", **sent} | {"promise_amount_2": "x", "promise_due_2": ""},
        )
        assert bad.status_code == 422 and "is not an amount" in bad.content.decode()
        assert (
            client.post(f"/contacts/{contact.pk}/finish", {"reached": "self", "result": "promise", **sent}).status_code
            == 302
        ), n
    open_ = desk.case.promises.filter(state="open").order_by("due_on")
    assert list(open_.values_list("amount_minor", flat=True)) == [10_000, 20_000, 30_050]


def test_a_promise_is_confirmed_and_cancelled_from_the_case(desk, as_user):
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    due = factories.TODAY + timedelta(days=1)
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="promise", promise_minor=100, promise_due=due))
    made, client = desk.case.promises.get(), as_user(desk.rep)
    assert client.post(f"/promises/{made.pk}/confirm").status_code == 302
    assert client.post(f"/promises/{made.pk}/cancel", {"reason": ""}).status_code == 422
    assert client.post(f"/promises/{made.pk}/cancel", {"reason": "asked"}).status_code == 302
    text = client.get(f"/cases/{desk.case.pk}/").content.decode()
    assert "The customer asked for it" in text and "Cancelled" in text
    for who, status in ((desk.stranger, 404), (desk.auditor, 403)):
        assert as_user(who).post(f"/promises/{made.pk}/confirm").status_code == status


def test_a_reason_opens_its_advice_and_stands_on_the_case_with_its_next_steps(client, desk, as_user):
    begin(client, desk)
    address = f"/cases/{desk.case.pk}/"
    text = client.get(address).content.decode()
    assert text.count("data-why=") == len(Contact.WhyLate.choices) and "Why late, as told last" not in text
    assert 'data-why="hardship" hidden' in text and "write the hardship down" in text
    call = Contact.objects.get()
    wrong = client.post(f"/contacts/{call.pk}/finish", {"reached": "self", "why_late": "hardship"})
    assert wrong.status_code == 422 and 'data-why="hardship">' in wrong.content.decode()
    calls.finish(call.pk, desk.rep, Outcome("self", "hardship", why_late="hardship"))
    for who, steps in ((desk.rep, True), (desk.auditor, False)):
        text = as_user(who).get(address).content.decode()
        card = text[text.index("Why late, as told last") :].split("</section>")[0]
        assert "Hardship, illness, family" in card and "2026-11-24" in card and "speak of no sum" in card
        assert (f'href="{address}matters/new"' in card) is (f'href="{address}plans/new"' in card) is steps


def test_a_case_is_passed_on_by_a_reason_only_by_whom_may(client, desk, as_user):
    begin(client, desk)
    calls.finish(Contact.objects.get().pk, desk.rep, Outcome("self", "refused", why_late="unwilling"))
    hand_over = f'class="button small" href="/cases/{desk.case.pk}/hand-over"'
    for who, may in ((desk.rep, True), (desk.manager, True), (desk.colleague, False)):
        assert (hand_over in as_user(who).get(f"/cases/{desk.case.pk}/").content.decode()) is may


def test_how_he_came_across_stands_on_the_case_and_puts_fitting_answers_first_in_the_next_call(client, desk, as_user):
    begin(client, desk)
    address = f"/cases/{desk.case.pk}/"
    before = client.get(address).content.decode()
    assert before.count("data-manner=") == len(Contact.Manner.choices) and "How to talk to him" not in before
    assert "fits him" not in before and before.index("I have paid already") < before.index("You again!")
    call = Contact.objects.get()
    wrong = client.post(f"/contacts/{call.pk}/finish", {"reached": "self", "manner": "angry"})
    assert wrong.status_code == 422 and 'value="angry" selected' in wrong.content.decode()
    client.post(f"/contacts/{call.pk}/finish", {"reached": "self", "result": "no_result", "manner": "angry"})
    for who in (desk.rep, desk.auditor):
        text = as_user(who).get(address).content.decode()
        card = text[text.index("How to talk to him") :].split("</section>")[0]
        assert "Upset" in card and "2026-11-24" in card and "Hear him out" in card
    page = as_user(desk.rep).get(f"/customers/{desk.case.customer_id}/").content.decode()
    assert "How he came across last" in page and "Upset · 2026-11-24" in page
    assert "Upset" in client.get(f"/contacts/{call.pk}/").content.decode()
    begin(client, desk)
    text = client.get(address).content.decode()
    form = text[text.index('class="card call"') :]
    assert form.index("You again!") < form.index("Do not call me again") < form.index("I have paid already")
    assert form.count("fits him") == 3
    assert 'value="angry" selected' not in form, "each call says its own"


def test_whoever_else_is_spoken_to_has_no_word_of_it(client, desk):
    begin(client, desk)
    client.post(
        f"/contacts/{Contact.objects.get().pk}/finish", {"reached": "self", "result": "no_result", "manner": "angry"}
    )
    begin(client, desk)
    call = Contact.objects.get(manner="")
    client.post(f"/contacts/{call.pk}/somebody-else")
    text = client.get(f"/contacts/{call.pk}/call").content.decode()
    assert "Upset" not in text and "data-manner" not in text and "fits him" not in text
