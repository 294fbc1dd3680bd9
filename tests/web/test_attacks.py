"""What somebody who means harm tries at the desk: bombs as files, stolen sessions, guessing, lists carried home."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shouyue.casework.models import Customer, Matter
from shouyue.compliance.models import AuditEntry
from shouyue.people.models import User
from shouyue.releases.models import Version
from tests import factories
from tests.web.test_personal_data import EVIL

pytestmark = pytest.mark.django_db


def zipped(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return out.getvalue()


def bombs() -> dict[str, tuple[str, bytes]]:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    outside = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><definitions>&f;</definitions>'
    )
    return {
        "a workbook that unpacks to 70 MB": ("x.xlsx", zipped(("xl/workbook.xml", b"\0" * (70 << 20)))),
        "a workbook of 600 parts": ("x.xlsx", zipped(*((f"xl/{n}.xml", b"<a/>") for n in range(600)))),
        "a workbook of 9 MB": ("x.xlsx", b"PK" + b"x" * (9 << 20)),
        "a strategy of 9 MB": ("x.toml", b"#" * (9 << 20)),
        "a table of 9 MB": ("x.dmn", b"<definitions>" + b" " * (9 << 20) + b"</definitions>"),
        "a billion laughs": ("x.dmn", laughs + b"]><definitions>&j;</definitions>"),
        "a file of the server's": ("x.dmn", outside),
    }


@pytest.mark.parametrize("bomb", bombs())
def test_a_bomb_is_refused_and_nothing_is_saved(desk, as_user, bomb):
    name, data = bombs()[bomb]
    answer = as_user(desk.head).post("/strategies/upload", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422 and b"root:" not in answer.content
    assert not Version.objects.exists() and not AuditEntry.objects.exists()


def test_a_form_that_is_too_large_is_refused(desk, as_user):
    answer = as_user(desk.rep).post(f"/cases/{desk.case.pk}/note", {"text": "x" * (3 << 20)})
    assert answer.status_code in (400, 413)
    assert as_user(desk.rep).post(f"/cases/{desk.case.pk}/note", {f"f{n}": "" for n in range(1_100)}).status_code == 400


# ---------------------------------------------------------------- sessions
def signed_in(password: str = factories.PASSWORD, client: Client | None = None) -> Client:
    client = client or Client()
    assert client.post("/sign-in", {"username": "rep", "password": password}).status_code == 302
    return client


def with_session(key: str) -> Client:
    thief = Client()
    thief.cookies["sessionid"] = key
    return thief


def test_a_session_put_into_a_browser_before_is_not_the_one_after_the_sign_in(desk):
    victim = Client()
    victim.cookies["sessionid"] = "planted0planted0planted0planted0"
    signed_in(client=victim)
    assert victim.cookies["sessionid"].value != "planted0planted0planted0planted0"
    assert with_session("planted0planted0planted0planted0").get("/").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk):
    cookie = signed_in().cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict")


def test_a_stolen_session_ends_with_the_password_the_sign_out_and_the_account(desk, as_user):
    stolen = with_session(signed_in().cookies["sessionid"].value)
    assert stolen.get("/").status_code == 200
    desk.rep.set_password("quite-another-password-9")
    desk.rep.save()
    assert stolen.get("/").status_code == 302
    owner = signed_in("quite-another-password-9")
    key = owner.cookies["sessionid"].value
    owner.post("/sign-out")
    assert with_session(key).get("/").status_code == 302
    kept_out = with_session(signed_in("quite-another-password-9").cookies["sessionid"].value)
    User.objects.filter(pk=desk.rep.pk).update(is_active=False)
    assert kept_out.get("/").status_code == 302


# ---------------------------------------------------------------- markup
def test_no_text_of_a_matter_a_concession_or_a_lost_contact_becomes_markup(desk, as_user):
    Customer.objects.filter(pk=desk.case.customer_id).update(name=EVIL)
    User.objects.filter(pk=desk.rep.pk).update(full_name=EVIL[:100])
    rep, boss = as_user(desk.rep), as_user(desk.manager)
    case = desk.case.pk
    assert (
        rep.post(f"/cases/{case}/matters/new", {"kind": "hardship", "note": EVIL, "reference": EVIL}).status_code == 302
    )
    sent = {"step": "own_file", "outcome": "nothing", "note": EVIL}
    assert rep.post(f"/cases/{case}/lost-contact", sent).status_code == 302
    waiver = factories.waiver(desk.case, desk.rep)
    assert boss.post(f"/concessions/{waiver.pk}/", {"action": "reject", "note": EVIL}).status_code == 302
    matter = Matter.objects.get()
    for path in (
        f"/matters/{matter.pk}/",
        "/matters/",
        f"/concessions/{waiver.pk}/",
        "/concessions/?state=rejected",
        f"/cases/{case}/",
        f"/cases/{case}/arrangements",
        f"/cases/{case}/lost-contact",
        f"/cases/{case}/letters",
        f"/cases/{case}/matters/new",
        f"/cases/{case}/concessions/new",
        "/lost-contact/",
        "/handovers/",
    ):
        answer = boss.get(path)
        text = answer.content.decode()
        assert answer.status_code in (200, 403), path
        assert "<script>alert" not in text and "<img src=x" not in text, path
        assert "script-src" in answer.headers["Content-Security-Policy"], path
    assert EVIL[:20] not in boss.get(f"/matters/{matter.pk}/").content.decode()
    assert "&lt;script&gt;" in boss.get(f"/matters/{matter.pk}/").content.decode()


# ---------------------------------------------------------------- lists carried home
def test_every_list_taken_away_is_refused_to_a_rep_and_written_down_for_the_others(desk, as_user):
    for form in ("csv", "xlsx"):
        assert as_user(desk.rep).post(f"/cases/export.{form}?status=open", {"reason": "work"}).status_code == 403
        assert as_user(desk.manager).post(f"/cases/export.{form}", {"reason": "work"}).status_code == 200
    entries = list(AuditEntry.objects.filter(action="cases.export").values_list("actor", flat=True))
    assert entries == ["manager", "manager"]


def test_an_export_ends_at_its_limit_whatever_is_asked(desk, as_user, monkeypatch):
    monkeypatch.setattr("shouyue.web.export.MOST", 1)
    for query in ("", "?per_page=1000000", "?page=-1", "?limit=999999999"):
        answer = as_user(desk.head).post(f"/cases/export.csv{query}", {"reason": "report"})
        assert answer.status_code != 200 or len(answer.getvalue().splitlines()) <= 2, query
