"""Strategies at the desk: who sees them, what a version says, the steps of its life, the editor."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouyue import strategy
from shouyue.daily.strategies import KIND
from shouyue.people.models import User
from shouyue.releases import drafting, queries, releasing, reviewing
from shouyue.strategy import editing, exchange
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = strategy.load("standard").text
HTMX = {"HX-Request": "true"}
GOLDEN = {"table": "stage", "row": 1, "id": "golden", "column": "dpd"}


@pytest.fixture
def second(desk) -> User:
    return factories.user("second", "head_office", language="en")


@pytest.fixture
def draft(desk):
    return drafting.save(KIND, "standard", TEXT, desk.head, 0)


def newest() -> int:
    return queries.versions(KIND, "standard")[0].number


def text_of(number: int) -> str:
    return queries.version(KIND, "standard", number).text


def change(client, number: int, **given):
    return client.post(f"/strategies/standard/{number}/change", {"op": "cell", **given}, headers=HTMX)


def step(client, number: int, **given):
    return client.post(f"/strategies/standard/{number}/step", given)


# ---------------------------------------------------------------- who
@pytest.mark.parametrize(
    ("who", "reads", "writes"), [("head", 200, 200), ("auditor", 200, 403), ("manager", 200, 403), ("rep", 403, 403)]
)
def test_head_office_writes_auditors_and_managers_read_reps_see_nothing(desk, draft, as_user, who, reads, writes):
    client = as_user(getattr(desk, who))
    for path in ("", "standard/", "standard/1/", "standard/0/", "standard/1/compare", "standard/1/toml"):
        assert client.get(f"/strategies/{path}").status_code == reads, path
    assert client.get("/strategies/standard/1/edit").status_code == writes
    assert change(client, 1, **GOLDEN, value="[1..6]").status_code == writes
    if writes == 403:
        for path, given in (
            ("standard/begin", {}),
            ("standard/upload", {"file": SimpleUploadedFile("a.toml", TEXT.encode())}),
            ("upload", {"file": SimpleUploadedFile("a.toml", TEXT.encode())}),
            ("copy", {"from": "standard", "name": "mine"}),
            ("standard/1/text", {"text": TEXT + "\n"}),
            ("standard/1/step", {"action": "propose"}),
            ("standard/1/step", {"action": "approve"}),
            ("standard/stop", {"effective_from": "2026-11-24", "reason": "r"}),
        ):
            assert client.post(f"/strategies/{path}", given).status_code == 403, path
        assert newest() == 1
        assert "/edit" not in client.get("/strategies/standard/1/").content.decode()


def test_what_is_not_there_is_not_found(desk, draft, as_user):
    client = as_user(desk.head)
    for path in ("nothing/", "standard/9/", "nothing/0/", "standard/9/edit", "standard/9/toml"):
        assert client.get(f"/strategies/{path}").status_code == 404, path
    assert step(client, 9, action="propose").status_code == 404


# ---------------------------------------------------------------- a version is read
def test_a_version_says_its_rows_in_words_with_their_findings(desk, draft, as_user):
    desk.head.language = "zh-hans"
    desk.head.save()
    client = as_user(desk.head)
    page = client.get("/strategies/standard/1/").content.decode()
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "逾期天数" in said and "1–7天" in said and "≥ ¥20.00 (small)" in said and "M1 黄金周 1–7天" in said
    assert "35/35" in said and "没有问题" in said and "2 条提示" in said
    assert "只由这一行兜底的情况" in said and 'id="stage-13"><td' in page, "a note marks no row as faulty"
    drafting.save(KIND, "standard", TEXT.replace("[1..7] ", "[1..x] ", 1), desk.head, 1)
    page = client.get("/strategies/standard/2/").content.decode()
    assert "STRAT-032" in page and "改成整数" in page and 'id="stage-1" class="faulty"' in page
    assert 'aria-describedby="why-not"' in page, "what has errors is not offered for approval"


def test_a_text_that_is_no_toml_is_told_and_can_be_downloaded(desk, as_user):
    drafting.save(KIND, "standard", "name = ", desk.head, 0)
    client = as_user(desk.head)
    page = client.get("/strategies/standard/1/").content.decode()
    assert "STRAT-002" in page and "cannot be read" in page
    assert client.get("/strategies/standard/1/toml").content == b"name = "
    assert client.get("/strategies/standard/1/edit").status_code == 200


def test_two_versions_row_by_row(desk, draft, as_user):
    drafting.save(KIND, "standard", editing.set_value(TEXT, "small", "30"), desk.head, 1, 1)
    page = as_user(desk.auditor).get("/strategies/standard/2/compare?against=1").content.decode()
    assert ">≥ CN¥20.00 (small)</span>" in page and ">≥ CN¥30.00 (small)</span>" in page and "golden" in page
    assert '<code class="written">&gt;= 20.00</code>' in page and '<code class="written">30.00</code>' in page
    same = as_user(desk.auditor).get("/strategies/standard/1/compare?against=0").content.decode()
    assert "Nothing differs" in same


@pytest.mark.parametrize("form", ["toml", "xlsx", "dmn"])
def test_what_is_downloaded_and_uploaded_again_is_the_same_text(desk, draft, as_user, form):
    client = as_user(desk.head)
    answer = client.get(f"/strategies/standard/1/{form}")
    assert answer.headers["Content-Disposition"].endswith(f"standard-1.{form}")
    assert exchange.taken(answer.content, f"x.{form}")[0] == TEXT
    sent = SimpleUploadedFile(f"x.{form}", answer.content)
    assert client.post("/strategies/standard/upload", {"file": sent, "seen": 1}).status_code == 302
    assert newest() == 1, "the same text again is no further version"


def test_a_file_that_cannot_be_read_says_why_and_saves_nothing(desk, draft, as_user):
    client = as_user(desk.head)
    for name, data, code in (
        ("x.toml", b"name = ", "STRAT-002"),
        ("x.pdf", b"%PDF", "STRAT-091"),
        ("x.xlsx", b"no zip", "XLSX-"),
        ("x.dmn", b"<x/>", "DMN-"),
    ):
        for path in ("standard/upload", "upload"):
            answer = client.post(f"/strategies/{path}", {"file": SimpleUploadedFile(name, data)})
            assert answer.status_code == 422 and code in answer.content.decode(), (name, path)
    assert client.post("/strategies/upload", {}).status_code == 422
    assert newest() == 1


def test_a_copy_has_a_name_of_its_own(desk, as_user):
    client = as_user(desk.head)
    answer = client.post("/strategies/copy", {"from": "standard", "name": "north"})
    assert answer.headers["Location"] == "/strategies/north/1/edit"
    assert 'name = "north"' in queries.version(KIND, "north", 1).text
    for name in ("north", "standard", "no such name!", ""):
        assert client.post("/strategies/copy", {"from": "standard", "name": name}).status_code == 422, name


# ---------------------------------------------------------------- its life
def test_propose_approve_by_another_release_and_roll_back_in_one_step(desk, draft, second, as_user):
    ann, bob = as_user(desk.head), as_user(second)
    today = factories.TODAY
    assert step(ann, 1, action="propose", reason="the first").status_code == 302
    own = step(ann, 1, action="approve")
    assert own.status_code == 409 and "REL-007" in own.content.decode()
    assert step(bob, 1, action="approve").status_code == 302
    own = step(bob, 1, action="release", effective_from=today)
    assert own.status_code == 409 and "REL-008" in own.content.decode()
    past = step(ann, 1, action="release", effective_from=today - timedelta(1))
    assert past.status_code == 422 and "REL-010" in past.content.decode()
    assert step(ann, 1, action="release", effective_from="soon").status_code == 422
    assert step(ann, 1, action="release", effective_from=today).status_code == 302
    change(ann, 1, **{**GOLDEN, "column": "#"}, value="the first week")
    assert step(ann, 2, action="propose").status_code == 302
    assert step(bob, 2, action="approve").status_code == 302
    assert step(ann, 2, action="release", effective_from=today + timedelta(1)).status_code == 302
    page = ann.get("/strategies/standard/").content.decode()
    assert f"from {today + timedelta(1)}" in re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))
    no_reason = step(ann, 1, action="roll_back", effective_from=today + timedelta(1), reason=" ")
    assert no_reason.status_code == 422 and "REL-009" in no_reason.content.decode()
    assert (
        step(ann, 1, action="roll_back", effective_from=today + timedelta(1), reason="too many calls").status_code
        == 302
    )
    found = queries.effective(KIND, "standard", today + timedelta(1))
    assert found is not None and found.number == 1
    assert "too many calls" in ann.get("/strategies/standard/1/").content.decode()
    assert ann.post("/strategies/standard/stop", {"effective_from": today, "reason": "stop"}).status_code == 302
    assert queries.effective(KIND, "standard", today) is None


def test_an_approval_acknowledges_every_warning(desk, second, as_user):
    text = TEXT[: TEXT.index("[[test]]")]
    drafting.save(KIND, "standard", text, desk.head, 0)
    reviewing.propose(KIND, "standard", 1, desk.head)
    bob = as_user(second)
    page = bob.get("/strategies/standard/1/").content.decode()
    (key,) = re.findall(r'name="seen" value="([^"]+)"', page)
    refused = step(bob, 1, action="approve")
    assert refused.status_code == 422 and "REL-006" in refused.content.decode()
    assert step(bob, 1, action="approve", seen=key.replace("&#39;", "'")).status_code == 302
    assert "1 warning acknowledged" in bob.get("/strategies/standard/1/").content.decode()


def test_rejected_and_withdrawn_need_a_reason(desk, draft, second, as_user):
    reviewing.propose(KIND, "standard", 1, desk.head)
    assert step(as_user(second), 1, action="reject").status_code == 422
    assert step(as_user(second), 1, action="reject", reason="not yet").status_code == 302
    twice = step(as_user(second), 1, action="approve")
    assert twice.status_code == 409 and "REL-003" in twice.content.decode()
    assert step(as_user(second), 1, action="dance").status_code == 422


def test_drafts_saved_one_after_the_other_are_one_line(desk, draft, second, as_user):
    client = as_user(desk.head)
    for n in range(1, 4):
        change(client, n, **GOLDEN, value=f"[1..{n}]", seen=n)
    page = client.get("/strategies/standard/").content.decode()
    assert "Show 3 more saves" in page and ">#2</a>" not in page
    assert ">#2</a>" in client.get("/strategies/standard/?all").content.decode()


# ---------------------------------------------------------------- the editor
def test_a_cell_is_saved_as_it_is_left_and_what_is_wrong_stands_beside_it(desk, draft, as_user):
    client = as_user(desk.head)
    assert client.post("/strategies/standard/begin").status_code == 302
    answer = change(client, 1, **GOLDEN, value="[1..x]")
    page = answer.content.decode()
    assert answer.status_code == 200 and 'data-address="/strategies/standard/2/edit"' in page
    assert "STRAT-032" in page and 'value="[1..x]"' in page and 'aria-describedby="c-1"' in page
    mended = change(client, 2, **GOLDEN, value="[1..6]").content.decode()
    assert "STRAT-032" not in mended and "35 of 35 tests passed" in mended and "nothing wrong" in mended
    assert "days past due: 0 days or 7 days" in mended, "what only the catch-all row decides now is told beside it"
    assert "| [1..6]     |" in text_of(3)
    failing = change(client, 3, **{**GOLDEN, "column": "stage"}, value="M1").content.decode()
    assert "STRAT-070" in failing and "tests passed" in failing


def test_what_cannot_be_written_stays_in_its_cell_with_the_reason(desk, draft, as_user):
    answer = change(as_user(desk.head), 1, **GOLDEN, value="1 | 2")
    page = answer.content.decode()
    assert answer.status_code == 422 and "STRAT-115" in page and 'value="1 | 2"' in page
    named = change(as_user(desk.head), 1, **{**GOLDEN, "column": "row"}, value="two words")
    assert named.status_code == 422 and "STRAT-114" in named.content.decode()
    number = change(as_user(desk.head), 1, table="=numbers", id="small", column="is", value="many")
    assert number.status_code == 422 and "STRAT-117" in number.content.decode() and "many" in number.content.decode()
    assert newest() == 1


def test_rows_are_added_doubled_moved_and_deleted(desk, draft, as_user):
    client, at = as_user(desk.head), {"table": "stage", "row": 1, "id": "golden"}
    assert 'data-focus="row_1"' in change(client, 1, op="add", **at).content.decode()
    assert 'data-focus="golden_2"' in change(client, 2, op="duplicate", **at).content.decode()
    change(client, 3, op="down", **at)
    rows = [r.id for r in editing.sheets(text_of(4))[1].rows]
    assert rows[:3] == ["golden_2", "golden", "row_1"]
    change(client, 4, op="delete", table="stage", row=3, id="row_1")
    assert "row_1" not in text_of(5)


def test_undo_goes_back_step_by_step_and_redo_forth(desk, draft, as_user):
    client = as_user(desk.head)
    change(client, 1, **GOLDEN, value="[1..6]")
    change(client, 2, **GOLDEN, value="[1..5]")
    page = change(client, 3, op="undo", table="stage").content.decode()
    assert text_of(4) == text_of(2) and 'data-redo="3"' in page
    page = change(client, 4, op="undo", table="stage", redo="3").content.decode()
    assert text_of(5) == TEXT and 'data-redo="3,4"' in page
    assert 'data-op="undo" disabled' in page
    page = change(client, 5, op="redo", table="stage", redo="3,4").content.decode()
    assert text_of(6) == text_of(2) and 'data-redo="3"' in page
    change(client, 6, op="redo", table="stage", redo="3")
    assert text_of(7) == text_of(3)


def test_undo_does_not_go_behind_what_was_released(desk, draft, second, as_user):
    client = as_user(desk.head)
    change(client, 1, **GOLDEN, value="[1..6]")
    reviewing.propose(KIND, "standard", 2, desk.head)
    reviewing.approve(KIND, "standard", 2, second)
    releasing.release(KIND, "standard", 2, desk.head, factories.TODAY, factories.TODAY)
    change(client, 2, **GOLDEN, value="[1..5]")
    page = change(client, 3, op="undo", table="stage").content.decode()
    assert text_of(4) == text_of(2) and 'data-op="undo" disabled' in page


def test_of_two_who_edit_the_second_is_told_and_may_put_his_change_into_the_firsts_version(
    desk, draft, second, as_user
):
    ann, bob = as_user(desk.head), as_user(second)
    change(ann, 1, **GOLDEN, value="[1..6]", seen=1)
    late = {"table": "stage", "row": 2, "id": "M1", "column": "dpd", "value": "[7..30]"}
    answer = change(bob, 1, **late, seen=1)
    told = answer.content.decode()
    assert answer.status_code == 409 and "REL-004" in told and str(desk.head) in told
    assert newest() == 2
    assert 'data-post="/strategies/standard/2/change"' in told and 'data-number="2"' in told
    assert change(bob, 2, **late, seen=2).status_code == 200
    assert "| [1..6] " in text_of(3) and "| [7..30] " in text_of(3)
    gone = change(bob, 3, **{**late, "id": "nobody"}, seen=3)
    assert gone.status_code == 422 and "STRAT-111" in gone.content.decode()


def test_a_change_sent_twice_is_saved_once(desk, draft, as_user):
    client = as_user(desk.head)
    for _ in range(2):
        assert change(client, 1, **GOLDEN, value="[1..6]", seen=1).status_code == 200
    assert newest() == 2


def test_the_whole_text_is_saved_and_a_stale_one_is_kept_on_the_page(desk, draft, second, as_user):
    client = as_user(desk.head)
    assert client.post("/strategies/standard/1/text", {"text": TEXT + "# more\n", "seen": 1}).status_code == 302
    stale = client.post("/strategies/standard/1/text", {"text": TEXT + "# mine\n", "seen": 1})
    assert stale.status_code == 409 and "REL-004" in stale.content.decode() and "# mine" in stale.content.decode()
    broken = client.post("/strategies/standard/2/text", {"text": "name = ", "seen": 2})
    assert broken.status_code == 422 and "STRAT-002" in broken.content.decode() and "name = " in broken.content.decode()
    assert newest() == 2
