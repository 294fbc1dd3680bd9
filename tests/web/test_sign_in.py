"""Signing in, one's language, one's password."""

from __future__ import annotations

import time

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


def test_five_wrong_passwords_lock_the_account_whatever_comes_next(desk):
    for _ in range(5):
        last = sign_in(Client(), password="x")
    assert last.status_code == 429 and "锁定 15 分钟" in last.content.decode()
    assert sign_in(Client()).status_code == 429  # the right one says nothing either
    assert sign_in(Client(), name="colleague").status_code == 302  # from the same address
    entry = AuditEntry.objects.get(action="user.locked")
    assert entry.subject == f"user:{desk.rep.pk}"


def test_a_name_that_nobody_has_is_locked_like_any_other(desk):
    answers = [sign_in(Client(), name="nobody", password="x").status_code for _ in range(6)]
    assert answers == [200] * 4 + [429] * 2
    assert not AuditEntry.objects.filter(action="user.locked").exists()


def test_an_administrator_unlocks(desk, as_user):
    for _ in range(5):
        sign_in(Client(), password="x")
    admin = as_user(desk.admin)
    assert "locked" in admin.get("/people/").content.decode()
    admin.post(f"/people/{desk.rep.pk}", {"action": "unlock"})
    assert sign_in(Client()).url == "/start"
    assert AuditEntry.objects.filter(action="user.unlock", actor_id=desk.admin.pk).count() == 1


def test_a_sign_in_is_in_the_trail_and_its_session_ends_with_the_sign_out(desk):
    client = Client()
    sign_in(client)
    first = client.cookies["sessionid"].value
    assert AuditEntry.objects.get(action="user.sign_in").actor_id == desk.rep.pk
    client.post("/sign-out")
    stolen = Client()
    stolen.cookies["sessionid"] = first
    assert stolen.get("/").status_code == 302  # wherever its key has got to


def test_one_who_stays_away_signs_in_again(desk, as_user, monkeypatch):
    client, now = as_user(desk.rep), time.time()
    assert client.get("/").status_code == 200
    monkeypatch.setattr("shouyue.web.session_rules.time.time", lambda: now + 59 * 60)
    assert client.get("/").status_code == 200
    monkeypatch.setattr("shouyue.web.session_rules.time.time", lambda: now + 120 * 60)
    answer = client.get("/")
    assert answer.status_code == 302 and answer.url.startswith("/sign-in")
    assert client.get("/").url.startswith("/sign-in")


def test_a_session_ends_after_twelve_hours_however_busy_it_was(desk, as_user, monkeypatch):
    client, now = as_user(desk.rep), time.time()
    for minutes in range(0, 12 * 60 + 1, 40):
        monkeypatch.setattr("shouyue.web.session_rules.time.time", lambda m=minutes: now + m * 60)
        assert client.get("/").status_code == 200, minutes
    monkeypatch.setattr("shouyue.web.session_rules.time.time", lambda: now + 12 * 3600 + 60)
    assert client.get("/").url.startswith("/sign-in")


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(desk, as_user, monkeypatch):
    client, now = as_user(desk.manager), time.time()
    client.get("/today/")
    for minutes in (30, 61):
        monkeypatch.setattr("shouyue.web.session_rules.time.time", lambda m=minutes: now + m * 60)
        answer = client.get("/today/", headers={"hx-request": "true", "x-by-itself": "1"})
    assert answer.status_code == 204 and answer["HX-Redirect"] == "/sign-in"


def test_a_weak_password_is_refused(desk, as_user):
    answer = as_user(desk.rep).post(
        "/password", {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    )
    assert answer.status_code == 200 and "at least 10 characters" in answer.content.decode()


def test_signing_out_is_for_every_tab(desk, as_user):
    client = as_user(desk.rep)
    client.post("/sign-out")
    assert client.get("/").status_code == 302
