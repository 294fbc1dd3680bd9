"""The form for a new number: what does not fit stays typed, and the case shows it masked."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.models import ContactPoint
from shouyue.casework.number_marks import Marks
from shouyue.casework.outcome import Outcome
from shouyue.compliance.models import Wish
from shouyue.web import whom

pytestmark = pytest.mark.django_db
SENT = {"phone": "200 0000 0009", "relation": "self", "place": "mobile", "source": "borrower"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_rep_writes_a_number_down(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, address = as_user(desk.rep), f"/cases/{desk.case.pk}/numbers/new"
    refused = rep.post(address, SENT | {"source": "contact", "relation": "friend"})
    assert refused.status_code == 422 and "200 0000 0009" in refused.content.decode()
    assert "NUM-" not in refused.content.decode()
    rep.post(address, SENT)
    point = ContactPoint.objects.get(phone="20000000009")
    page = rep.get(f"/cases/{desk.case.pk}/").content.decode()
    assert f"shown-phone-{point.pk}" in page and "20000000009" not in page
    assert ("借款人本人告知" if language == "zh-hans" else "The borrower told it") in page


def test_another_stores_case_takes_no_number(desk, as_user):
    assert as_user(desk.stranger).post(f"/cases/{desk.case.pk}/numbers/new", SENT).status_code == 404
    assert not ContactPoint.objects.filter(phone="20000000009").exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_rep_marks_a_number_after_a_contact(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, point = as_user(desk.rep), desk.number("friend")
    address = f"/cases/{desk.case.pk}/numbers/{point.pk}"
    sent = {"mark": "out_of_service", "teller": "borrower"}
    refused = rep.post(address, sent)
    assert refused.status_code == 422 and point.phone not in refused.content.decode()
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    assert rep.post(address, sent).status_code == 302
    page = rep.get(f"/cases/{desk.case.pk}/").content.decode()
    assert page.count("停机或空号" if language == "zh-hans" else "Not in service") == 2, "at the number, and as history"


def test_another_stores_number_is_not_marked(desk, as_user):
    address = f"/cases/{desk.case.pk}/numbers/{desk.number().pk}"
    assert as_user(desk.stranger).post(address, {"mark": "wrong", "teller": "borrower"}).status_code == 404
    assert not ContactPoint.objects.exclude(mark="").exists()


@pytest.mark.parametrize(
    ("by_hand", "told"), [("", True), ("verified", True), ("out_of_service", True), ("wrong", False)]
)
def test_a_wrong_number_is_told_beside_any_mark_but_the_one_that_says_so_itself(by_hand, told):
    wish = Wish(kind=Wish.Kind.WRONG_NUMBER)
    assert bool(whom.marked(Marks([wish]), by_hand)) is told


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_rep_corrects_whose_a_number_is(desk, as_user, language):
    type(desk.rep).objects.update(language=language)
    rep, point = as_user(desk.rep), desk.number("friend")
    address = f"/cases/{desk.case.pk}/numbers/{point.pk}/correct"
    assert 'value="guarantor"' not in rep.get(address).content.decode()
    sent = {"relation": "spouse", "place": "work", "source": "borrower", "name": "王某某"}
    refused = rep.post(address, sent)
    assert refused.status_code == 422 and "王某某" in refused.content.decode()
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="no_result"))
    assert rep.post(address, sent).status_code == 302
    zh, en = ("配偶", "机构资料：", "借款人本人告知"), ("Spouse", "Lender", "The borrower told it")
    spouse, friend, told = zh if language == "zh-hans" else en
    page = rep.get(f"/cases/{desk.case.pk}/").content.decode()
    assert all(one in page for one in (spouse, friend, told)) and "王某某" not in page and "张联系人" not in page
    assert friend in rep.get(f"/customers/{desk.case.customer_id}/").content.decode()


def test_another_stores_number_is_not_corrected(desk, as_user):
    address = f"/cases/{desk.case.pk}/numbers/{desk.number().pk}/correct"
    sent = {"relation": "spouse", "source": "records", "reference": "A-1"}
    assert as_user(desk.stranger).post(address, sent).status_code == 404
    assert not ContactPoint.objects.exclude(filed=None).exists()
