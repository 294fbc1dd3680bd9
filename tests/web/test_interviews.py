"""The interview as pages: what is masked, what is offered, what is refused beside its field and kept."""

from __future__ import annotations

import pytest

from shouyue.casework.interviews import importing
from shouyue.casework.models import Interview, InterviewDraft
from shouyue.compliance.models import Wish
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(desk) -> str:
    return f"/customers/{desk.case.customer_id}/interview/"


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_what_was_said_stands_beside_what_was_found_and_on_the_case(desk, as_user):
    factories.interview(desk.case, desk.rep)
    client = as_user(desk.rep)
    file = text(client.get(f"/customers/{desk.case.customer_id}/"))
    assert "Usual hours in which he can be reached" in file and "said, not found from history" in file
    assert "Friend 张** does not know" in file and "晨光小馆" not in file and "老家的哥哥" not in file
    case = text(client.get(f"/cases/{desk.case.pk}/"))
    assert "Wants to settle early" in case and "Good time: 12:00–14:00" in case
    assert "Interview 1" in case and "老家的哥哥" not in case


def test_a_wish_takes_one_click_and_is_then_no_longer_offered(desk, as_user, address):
    factories.interview(desk.case, desk.rep)
    client, file = as_user(desk.rep), f"/customers/{desk.case.customer_id}/"
    assert text(client.get(file)).count('name="question"') == 2
    assert client.post(f"{address}wish", {"question": "channels_refused"}).status_code == 302
    assert Wish.objects.get().channels == ["visit", "voice"]
    assert text(client.get(file)).count('name="question"') == 1
    assert "Wish: Refuses a way of contact" in text(client.get(f"/cases/{desk.case.pk}/"))
    assert client.post(f"{address}wish", {"question": "pay_day"}).status_code == 404


def test_what_does_not_fit_is_refused_beside_its_field_and_stays(desk, as_user, address):
    client = as_user(desk.rep)
    sent = {"kind": "interview", "held_on": "2026-11-24", "pay_day": "40", "if_lost": "老家的哥哥", "seen": "0"}
    page = text(client.post(f"{address}edit", sent), 422)
    assert "from 1 to 31" in page and 'value="40"' in page and "老家的哥哥" in page and not Interview.objects.exists()
    again = text(client.get(f"{address}edit"))  # a closed laptop
    assert 'value="40"' in again and "老家的哥哥" in again and "goes on here" in again
    assert "老家的哥哥" not in text(as_user(desk.colleague).get(f"{address}edit"))
    assert client.post(f"{address}edit", sent | {"pay_day": "4"}).status_code == 302
    assert not InterviewDraft.objects.exists()
    assert "老家的哥哥" not in text(client.get(f"{address}edit")) and "老家****" in text(client.get(f"{address}edit"))


def test_a_draft_is_kept_as_one_types_and_can_be_thrown_away(desk, as_user, address):
    client = as_user(desk.rep)
    assert "Draft kept at 14:00" in text(client.post(f"{address}draft", {"pay_day": "4"}))
    assert client.post(f"{address}draft", {"discard": "1"}).status_code == 302
    assert not InterviewDraft.objects.exists()


def test_who_was_overtaken_sees_what_differs_and_saves_onto_it(desk, as_user, address):
    factories.interview(desk.case, desk.rep)
    factories.interview(desk.case, desk.colleague, seen=1, pay_day=["16"])
    client = as_user(desk.rep)
    sent = {"kind": "correction", "held_on": "2026-11-24", "pay_day": "20", "reason": "heard again", "seen": "1"}
    page = text(client.post(f"{address}edit", sent), 422)
    assert "saved version 2 meanwhile" in page and "day 16" in page and 'name="seen" value="2"' in page
    assert client.post(f"{address}edit", sent | {"seen": "2"}).status_code == 302
    assert Interview.objects.order_by("seq").last().answers["pay_day"] == 20


def test_versions_are_read_and_held_against_each_other(desk, as_user, address):
    factories.interview(desk.case, desk.rep)
    factories.interview(desk.case, desk.rep, seen=1, pay_day=["16"], employer_name=["别的医院"])
    client = as_user(desk.auditor)
    page = text(client.get(address))
    assert "Version 2" in page and "<del>day 8</del>" in page and "<ins>day 16</ins>" in page and "说错了" in page
    assert "晨光****" in page and "别的****" in page and "别的医院" not in page
    assert "day 8" in text(client.get(f"{address}?version=1")) and client.get(f"{address}?version=9").status_code == 404
    assert as_user(desk.stranger).get(address).status_code == 404


def test_a_masked_answer_opens_with_a_reason(desk, as_user):
    factories.interview(desk.case, desk.rep)
    client, path = as_user(desk.rep), f"/cases/{desk.case.pk}/reveal/answer-income_a_month"
    assert "Income a month" in text(client.get(path))
    assert "8,250" in text(client.post(path, {"reason": "call"}))
    assert client.get(f"/cases/{desk.case.pk}/reveal/answer-nothing").status_code == 200
    assert client.post(f"/cases/{desk.case.pk}/reveal/answer-nothing", {"reason": "call"}).status_code == 404


def test_the_script_of_his_own_number_speaks_of_what_he_said_and_no_other(desk, as_user):
    factories.interview(desk.case, desk.rep)
    desk.case.phase, desk.case.dpd = "reminder", 0
    desk.case.save()
    client = as_user(desk.rep)
    page = f"/cases/{desk.case.pk}/"
    assert "pay on day <b>8</b> of the month" in text(client.get(page))
    desk.case.customer.contact_points.filter(relation="self").update(relation="guarantor")
    assert "pay on day" not in text(client.get(page))


def test_the_file_the_versions_and_the_case_say_which_system_it_came_from(desk, as_user, address, tmp_path):
    (tmp_path / "told.csv").write_text(f"customer_id,held_on,pay_day\n{desk.case.customer.customer_id},2026-11-02,8\n")
    assert importing.take_in(tmp_path / "told.csv", "signing-app").new == 1
    client = as_user(desk.rep)
    for page in (f"/customers/{desk.case.customer_id}/", address, f"/cases/{desk.case.pk}/"):
        assert "imported from signing-app" in text(client.get(page)).lower()
    sent = {"kind": "interview", "held_on": "2026-11-24", "pay_day": "9", "reason": "asked again", "seen": "0"}
    assert "signing-app saved version 1 meanwhile" in text(client.post(f"{address}edit", sent), 422)
