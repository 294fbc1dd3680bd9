"""Matters at the desk: opened, shown with what they stop, decided by another person."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouyue.casework.matters import working
from shouyue.casework.models import Matter

pytestmark = pytest.mark.django_db


def open_(client, case, **sent):
    return client.post(
        f"/cases/{case.pk}/matters/new", {"kind": "hardship", "note": "<b>job</b>", "id": uuid4()} | sent
    )


def test_only_the_files_fingerprint_is_kept(desk, as_user):
    paper = SimpleUploadedFile("身份证.jpg", b"a paper")
    answer = open_(as_user(desk.rep), desk.case, file=paper, reference="ARC-9")
    assert answer.status_code == 302
    kept = Matter.objects.get().evidence.get()
    assert (kept.sha256, kept.size, kept.reference) == (hashlib.sha256(b"a paper").hexdigest(), 7, "ARC-9")
    text = as_user(desk.manager).get(answer["Location"]).content.decode()
    assert kept.sha256 in text and "&lt;b&gt;job&lt;/b&gt;" in text and "身份证" not in text


def test_a_file_that_is_too_large_is_refused_and_nothing_typed_is_lost(desk, as_user, monkeypatch):
    monkeypatch.setattr(working, "LARGEST_MB", 0)
    answer = open_(as_user(desk.rep), desk.case, file=SimpleUploadedFile("x", b"1"))
    assert answer.status_code == 422 and "job" in answer.content.decode()
    assert not Matter.objects.exists()


def test_the_page_offers_a_decision_to_whom_it_belongs(desk, as_user):
    open_(as_user(desk.rep), desk.case)
    matter = Matter.objects.get()
    pages = {
        who: as_user(getattr(desk, who)).get(f"/matters/{matter.pk}/").content.decode() for who in ("rep", "manager")
    }
    assert "Save the decision" not in pages["rep"] and "Save the decision" in pages["manager"]
    client = as_user(desk.manager)
    for sent, says in (
        ({"action": "pause", "note": "ok"}, "the day must be from"),
        ({"action": "release", "note": " "}, "write down"),
        ({"action": "explode", "note": "x"}, "not one of the choices"),
    ):
        answer = client.post(f"/matters/{matter.pk}/", sent)
        assert answer.status_code == 422 and says in answer.content.decode(), sent
    assert (
        client.post(f"/matters/{matter.pk}/", {"action": "release", "note": "paid", "id": uuid4()}).status_code == 302
    )
    assert as_user(desk.rep).post(f"/matters/{matter.pk}/", {"action": "release", "note": "x"}).status_code == 403


def test_the_queue_is_by_deadline_and_scope(desk, as_user):
    open_(as_user(desk.rep), desk.case)
    open_(as_user(desk.stranger), desk.theirs, kind="complaint")
    Matter.objects.filter(kind="hardship").update(due_on="2026-11-20")

    def rows(who, query=""):
        return as_user(who).get(f"/matters/{query}").content.decode().count('class="strong" href="/matters/')

    assert [rows(who) for who in (desk.rep, desk.manager, desk.head, desk.auditor)] == [1, 1, 2, 2]
    assert rows(desk.head, "?which=late") == 1 and rows(desk.manager, "?which=mine") == 1
    assert rows(desk.head, "?which=over") == 0 and rows(desk.head, "?kind=complaint") == 1


def test_beside_the_case_stands_what_is_arranged(desk, as_user):
    open_(as_user(desk.rep), desk.case)
    client = as_user(desk.rep)
    piece = client.get(f"/cases/{desk.case.pk}/arrangements", headers={"HX-Request": "true"}).content.decode()
    assert "Hardship" in piece and "<html" not in piece
    assert "disabled" in client.get(f"/cases/{desk.case.pk}/").content.decode()
