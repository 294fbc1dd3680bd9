"""Signing in, one's language, one's password."""

from __future__ import annotations

import pytest
from django.test import Client

from shouyue.compliance.models import AuditEntry
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def sign_in(client, name="rep", password=PASSWORD, **more):
    return client.post("/sign-in", {"username": name, "password": password, **more})


def test_the_right_password_opens_the_desk(desk):
    client = Client()
    assert sign_in(client).url == "/start"
    assert client.get("/").status_code == 200


def test_a_wrong_one_does_not_and_says_nothing_about_which(desk):
    wrong, unknown = sign_in(Client(), password="x"), sign_in(Client(), name="nobody")
    assert wrong.status_code == unknown.status_code == 200
    assert "用户名和密码" in wrong.content.decode()
    assert list(wrong.context["form"].non_field_errors()) == list(unknown.context["form"].non_field_errors())


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/cases/"])
def test_one_is_sent_on_within_the_desk_only(desk, next):
    answer = sign_in(Client(), next=next)
    assert answer.url == ("/cases/" if next == "/cases/" else "/start")


@pytest.mark.parametrize(
    ("header", "language"), [("", "zh-hans"), ("en-GB", "en"), ("fr", "zh-hans"), ("zh-TW", "zh-hans")]
)
def test_chinese_is_first_and_a_browser_may_ask_for_english(db, header, language):
    answer = Client(headers={"accept-language": header}).get("/sign-in")
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}"' in answer.content.decode()


def test_the_choice_on_the_sign_in_page_stays(db):
    client = Client()
    client.post("/language", {"language": "en", "next": "/sign-in"})
    assert "Sign in" in client.get("/sign-in").content.decode()
    client.post("/language", {"language": "zh-hans", "next": "/sign-in"})
    assert "登录" in client.get("/sign-in").content.decode()


def test_the_users_own_language_counts_after_sign_in(desk, as_user):
    client = as_user(desk.rep)
    assert "My day" in client.get("/").content.decode()
    client.post("/language", {"language": "zh-hans", "next": "/"})
    assert "我的一天" in client.get("/").content.decode()
    desk.rep.refresh_from_db()
    assert desk.rep.language == "zh-hans"


@pytest.mark.parametrize("sent", [{"language": "xx"}, {"language": "en", "next": "https://evil.example"}, {}])
def test_a_strange_choice_changes_nothing_and_leads_nowhere(desk, as_user, sent):
    answer = as_user(desk.rep).post("/language", sent)
    assert answer.status_code == 302 and answer.url == "/"


def test_a_new_password_ends_the_other_sessions_and_is_written_down(desk, as_user):
    here, elsewhere = as_user(desk.rep), as_user(desk.rep)
    new = "quite-another-password-9"
    answer = here.post("/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert AuditEntry.objects.get().action == "user.password_change"


def test_a_weak_password_is_refused(desk, as_user):
    answer = as_user(desk.rep).post(
        "/password", {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    )
    assert answer.status_code == 200 and "at least 10 characters" in answer.content.decode()


def test_signing_out_is_for_every_tab(desk, as_user):
    client = as_user(desk.rep)
    client.post("/sign-out")
    assert client.get("/").status_code == 302
