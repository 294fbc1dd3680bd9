"""The second factor: switched on, asked for, guessed at, lost."""

from __future__ import annotations

import re
import time

import pytest
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from shouyue.compliance.models import AuditEntry
from shouyue.people.models import RecoveryCode
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def code_of(user, ahead: int = 0) -> str:
    """What the user's phone shows, ``ahead`` half minutes from now."""
    device = TOTPDevice.objects.get(user=user)
    shown = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    shown.time = time.time() + ahead * device.step
    return f"{shown.token():06d}"


def switched_on(client, user) -> list[str]:
    """Recovery codes, once the second factor is on."""
    client.get("/second-factor")
    answer = client.post("/second-factor", {"code": code_of(user)})
    assert answer.status_code == 200
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", answer.content.decode())
    assert len(set(codes)) == 10
    TOTPDevice.objects.filter(user=user).update(last_t=-1)  # as if the half minute had passed
    return codes


def with_password(user) -> Client:
    client = Client()
    client.post("/sign-in", {"username": user.username, "password": PASSWORD})
    return client


def test_once_it_is_on_the_password_alone_opens_nothing(desk, as_user):
    switched_on(as_user(desk.rep), desk.rep)
    client = with_password(desk.rep)
    for path in ("/", f"/cases/{desk.case.pk}/", "/people/permissions", "/second-factor", "/password"):
        assert client.get(path).url.startswith("/sign-in/second-step"), path
    assert client.post(f"/cases/{desk.case.pk}/note", {"text": "x"}).url == "/sign-in/second-step"
    assert client.get("/", headers={"hx-request": "true"})["HX-Redirect"] == "/sign-in/second-step"
    before = client.cookies["sessionid"].value
    answer = client.post("/sign-in/second-step", {"code": code_of(desk.rep), "next": "/cases/"})
    assert answer.url == "/cases/"
    assert client.cookies["sessionid"].value != before
    assert client.get("/").status_code == 200


def test_a_code_counts_once(desk, as_user):
    switched_on(as_user(desk.rep), desk.rep)
    code = code_of(desk.rep)
    assert with_password(desk.rep).post("/sign-in/second-step", {"code": code}).status_code == 302
    assert with_password(desk.rep).post("/sign-in/second-step", {"code": code}).status_code == 422


def test_guessing_is_slowed_down_even_for_the_right_code(desk, as_user):
    codes = switched_on(as_user(desk.rep), desk.rep)
    client = with_password(desk.rep)
    wrong = f"{(int(code_of(desk.rep)) + 1) % 1_000_000:06d}"
    assert client.post("/sign-in/second-step", {"code": wrong}).status_code == 422
    for tried in (code_of(desk.rep), codes[0]):
        answer = client.post("/sign-in/second-step", {"code": tried})
        assert answer.status_code == 422 and "try again in" in answer.content.decode()
    assert client.get("/").status_code == 302


def test_a_recovery_code_lets_in_once_and_is_not_kept_in_the_clear(desk, as_user):
    codes = switched_on(as_user(desk.rep), desk.rep)
    assert not set(codes) & set(RecoveryCode.objects.values_list("digest", flat=True))
    assert with_password(desk.rep).post("/sign-in/second-step", {"code": f" {codes[0].upper()} "}).status_code == 302
    assert AuditEntry.objects.get(action="user.recovery_code").data == {"left": 9}
    assert with_password(desk.rep).post("/sign-in/second-step", {"code": codes[0]}).status_code == 422


def test_a_wrong_first_code_switches_nothing_on(desk, as_user):
    client = as_user(desk.rep)
    assert client.get("/second-factor").content.count(b"<path") > 1
    wrong = f"{(int(code_of(desk.rep)) + 1) % 1_000_000:06d}"
    assert client.post("/second-factor", {"code": wrong}).status_code == 422
    assert client.get("/").status_code == 200
    desk.rep.refresh_from_db()
    assert not desk.rep.second_factor and not RecoveryCode.objects.exists()


def test_roles_that_must_have_one_get_nowhere_before(desk, as_user, settings):
    settings.SECOND_FACTOR_ROLES = frozenset({"admin"})
    client = as_user(desk.admin)
    assert client.get("/people/").url == "/second-factor"
    assert client.post(f"/people/{desk.rep.pk}", {"action": "deactivate"}).url == "/second-factor"
    switched_on(client, desk.admin)
    assert client.get("/people/").status_code == 200
    assert as_user(desk.rep).get("/").status_code == 200


def test_an_administrator_helps_one_who_lost_the_phone(desk, as_user):
    switched_on(as_user(desk.rep), desk.rep)
    assert as_user(desk.manager).post(f"/people/{desk.rep.pk}", {"action": "second_factor_off"}).status_code == 403
    as_user(desk.admin).post(f"/people/{desk.rep.pk}", {"action": "second_factor_off"})
    assert with_password(desk.rep).get("/").status_code == 200
    assert not TOTPDevice.objects.exists() and not RecoveryCode.objects.exists()
    assert AuditEntry.objects.get(action="user.second_factor_off").actor_id == desk.admin.pk
