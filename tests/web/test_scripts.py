"""Head office edits scripts: the form says what the text says, nothing typed is lost, steps go as for strategies."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.versions import KIND, in_force
from shouyue.releases import drafting, queries
from shouyue.strategy import rewriting
from shouyue.web import script_form
from tests import factories

pytestmark = pytest.mark.django_db
WEEK = "collection_first_week"


class Fields(HTMLParser):
    """What a browser would send of the script's form."""

    def __init__(self, page: str):
        super().__init__()
        self.sent: dict[str, str] = {}
        self.inside, self.area, self.select = False, "", ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given_ = dict(attrs)
        self.inside = (self.inside or given_.get("id") == "script-form") and tag != "section-end"
        if not self.inside:
            return
        name = given_.get("name", "")
        if tag == "input" and name and (given_.get("type") != "checkbox" or "checked" in given_):
            self.sent[name] = given_.get("value", "")
        elif tag == "textarea":
            self.area, self.sent[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given_:
            self.sent[self.select] = given_.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.area = ""

    def handle_data(self, data):
        if self.area and self.inside:
            self.sent[self.area] += data


def draft(desk, name=WEEK, text=None) -> int:
    return drafting.save(KIND, name, text or shipped()[name], desk.head, 0).number


def address(name: str, number: int, what: str = "edit") -> str:
    return reverse(f"script-{what}", args=[name, number])


def sent_of(client, name, number) -> dict[str, str]:
    return Fields(client.get(address(name, number)).content.decode()).sent


def text_now(name=WEEK) -> str:
    return queries.versions(KIND, name).defer(None)[0].text


@pytest.mark.parametrize("name", shipped())
def test_the_form_as_it_comes_says_what_the_text_says(desk, as_user, name):
    client = as_user(desk.head)
    number = draft(desk, name)
    sent = sent_of(client, name, number)
    assert len(sent) > 20
    assert client.post(address(name, number), sent).status_code == 302
    assert queries.versions(KIND, name).count() == 1
    assert rewriting.same(rewriting.content(text_now(name)), rewriting.content(shipped()[name]))


def test_a_sentence_is_changed_and_the_rest_of_the_text_stays_as_it_was_written(desk, as_user):
    client = as_user(desk.head)
    sent = sent_of(client, WEEK, draft(desk))
    sent["e.1.say_zh"] = "换一种说法。"
    answer = client.post(address(WEEK, 1), sent, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert 'value="2"' in answer.content.decode()
    old, new = shipped()[WEEK].splitlines(), text_now().splitlines()
    assert [line for line in new if line not in old] == ['say_zh = "换一种说法。"']
    assert len(old) == len(new)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("e.1.say_zh", "再不还就报警抓你", "SCRIPT-010"),
        ("e.1.say_zh", "{phone}", "SCRIPT-005"),
        ("e.1.say_zh", "{name", "SCRIPT-006"),
        ("e.1.say_en", " ", "SCRIPT-014"),
        ("e.1.id", "identity", "SCRIPT-004"),
        ("e.1.when.dpd_from", "soon", "SCRIPT-009"),
        ("rank", "high", "SCRIPT-003"),
        ("phase", "reminder", ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(desk, as_user, field, value, code):
    client = as_user(desk.head)
    sent = sent_of(client, WEEK, draft(desk)) | {field: value}
    told = client.post(address(WEEK, 1), sent, headers={"hx-request": "true"}).content.decode()
    assert (code in told) if code else "SCRIPT-" not in told
    again = sent_of(client, WEEK, 2)
    assert again[field].strip() == value.strip()
    assert client.get(address(WEEK, 2, "version")).status_code == 200
    assert client.get(address(WEEK, 2, "preview"), {"fact.dpd": "9", "fact.lang": "en"}).status_code == 200


@pytest.mark.parametrize(
    "do", ["up e.1", "down e.1", "remove e.1", "add e", "add b", "remove b.0", "add e.1.o", "up e.1.o.1"]
)
def test_parts_are_added_moved_and_taken_away(desk, as_user, do):
    client = as_user(desk.head)
    sent = sent_of(client, WEEK, draft(desk)) | {"do": do}
    answer = client.post(address(WEEK, 1), sent)
    assert answer.status_code == 302
    assert "#" in answer["location"]
    was, now = (rewriting.content(text) for text in (shipped()[WEEK], text_now()))
    key = {"e": "elements", "b": "objections"}[do.split()[1][0]]
    grown = {"add e": 1, "add b": 1, "remove e.1": -1, "remove b.0": -1}.get(do, 0)
    assert len(now[key]) - len(was[key]) == grown
    assert was != now


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "remove", "add", "nothing"]),
            st.sampled_from(["e", "b", "e.0", "e.2", "b.1", "e.1.o", "e.1.o.0", "e.99", "x.1", "", "e.1.o.77"]),
        ),
        max_size=12,
    )
)
def test_any_buttons_in_any_order_leave_a_text_that_can_be_written_and_read(steps):
    text = shipped()[WEEK]
    made = rewriting.content(text)
    for action, at in steps:
        made, _ = script_form.changed(made, f"{action} {at}")
    made = script_form.content({}, {k: v for k, v in made.items() if k not in ("elements", "objections")}) | {
        k: made[k] for k in ("elements", "objections") if k in made
    }
    assert rewriting.same(rewriting.content(rewriting.rewritten(text, made)), made)


def test_who_saves_second_is_told_and_may_save_over_it(desk, as_user):
    client = as_user(desk.head)
    sent = sent_of(client, WEEK, draft(desk))
    first = client.post(address(WEEK, 1), sent | {"zh": "甲"}, headers={"hx-request": "true"})
    assert first.status_code == 200
    second = client.post(address(WEEK, 1), sent | {"zh": "乙"}, headers={"hx-request": "true"})
    assert second.status_code == 409
    assert second["HX-Retarget"] == "#refused-slot"
    assert 'data-over="2"' in second.content.decode()
    plain = client.post(address(WEEK, 1), sent | {"zh": "乙"})
    assert plain.status_code == 409
    assert Fields(plain.content.decode()).sent["zh"] == "乙"
    over = client.post(address(WEEK, 1), sent | {"zh": "乙", "seen": "2"}, headers={"hx-request": "true"})
    assert over.status_code == 200
    assert 'zh = "乙"' in text_now()


def test_a_text_that_is_no_toml_is_kept_and_told(desk, as_user):
    client = as_user(desk.head)
    draft(desk)
    assert client.post(address(WEEK, 1, "text"), {"text": "id = ", "seen": "1"}).status_code == 302
    assert text_now() == "id = "
    page = client.get(address(WEEK, 2)).content.decode()
    assert "SCRIPT-002" in page
    assert "script-form" not in page
    assert client.post(address(WEEK, 2), {"zh": "x"}).status_code == 200
    assert client.get(reverse("script", args=[WEEK])).status_code == 200
    assert client.get(reverse("scripts")).status_code == 200


def test_from_the_shipped_text_to_force_and_back(desk, as_user):
    gu = factories.user("gu", "head_office", full_name="顾总")
    head, other = as_user(desk.head), as_user(gu)
    assert head.post(reverse("script-begin", args=[WEEK])).status_code == 302
    sent = sent_of(head, WEEK, 1)
    head.post(address(WEEK, 1), sent | {"zh": "新的", "en": "Another one"})
    step = address(WEEK, 2, "step")
    assert head.post(step, {"action": "propose", "reason": "better"}).status_code == 302
    assert head.post(step, {"action": "approve"}).status_code == 409
    assert other.post(step, {"action": "approve"}).status_code == 302
    day = factories.TODAY.isoformat()
    assert head.post(step, {"action": "release", "effective_from": day}).status_code == 302
    assert in_force(factories.TODAY)[WEEK].script.zh == "新的"
    assert "Another one" in head.get(reverse("scripts")).content.decode()
    assert "新的" in head.get(address(WEEK, 2, "compare"), {"against": "1"}).content.decode()
    assert head.get(address(WEEK, 2, "toml")).content.decode() == text_now()
    stop = {"effective_from": day, "reason": "back"}
    assert head.post(reverse("script-stop", args=[WEEK]), stop).status_code == 302
    assert in_force(factories.TODAY)[WEEK].number == 0


def test_a_script_of_ones_own_begins_as_a_copy(desk, as_user):
    client = as_user(desk.head)
    copied = client.post(reverse("scripts-copy"), {"from": "hardship", "name": "own"})
    assert copied.status_code == 302
    assert 'id = "own"' in text_now("own")
    assert client.post(reverse("scripts-copy"), {"from": "hardship", "name": "reminder"}).status_code == 422
    assert client.get(address("own", 1)).status_code == 200


@pytest.mark.parametrize("what", ["edit", "text", "step"])
@pytest.mark.parametrize("value", ["\x00", "9" * 5_000, "②", "e." * 400, "<script>", "🙂" * 2_000])
def test_hostile_values_are_answered_and_break_nothing(desk, as_user, what, value):
    client = as_user(desk.head)
    sent = sent_of(client, WEEK, draft(desk))
    for field in ("zh", "e.1.say_zh", "rank", "seen", "do", "text", "action", "e.1.when.dpd_from", "e.1.o.0.id"):
        assert client.post(address(WEEK, 1, what), sent | {field: value}).status_code < 500, field
    for do in (f"up e.{value}", f"add e.{value}.o", f"remove b.{value}"):
        assert client.post(address(WEEK, 1), sent | {"do": do}).status_code < 500, do
    ask = {"fact.dpd": value, "fact.lang": value, "against": value}
    assert client.get(address(WEEK, 1, "preview"), ask).status_code == 200
    assert client.get(address(WEEK, 1, "compare"), ask).status_code in (200, 404)


@pytest.mark.parametrize("kind", ["script", "strategy"])
def test_a_text_that_cannot_be_read_is_not_copied_and_why_is_told(desk, as_user, kind):
    drafting.save(kind, "broken", "id = ", desk.head, 0)
    all_ = {"script": "scripts-copy", "strategy": "strategies-copy"}[kind]
    told = as_user(desk.head).post(reverse(all_), {"from": "broken", "name": "own"})
    assert told.status_code == 422
    assert "REL-005" in told.content.decode()


def test_the_editor_offers_what_the_borrower_said_and_to_third_persons_scripts_nothing_of_it(desk, as_user):
    client = as_user(desk.head)
    page = client.get(address("reminder", draft(desk, "reminder"))).content.decode()
    assert "{said_usual_hours}" in page and 'name="e.0.when.said_early_settlement"' in page
    third = client.get(address("third_person", draft(desk, "third_person"))).content.decode()
    assert "{staff}" in third and "{said_" not in third and "said_early_settlement" not in third
    shown = client.get(address("reminder", 1, "preview"), {"fact.dpd": "0", "fact.said_pay_day": "1"}).content.decode()
    assert "pay on day <b>8</b> of the month" in shown and "settle early. If" not in shown


# ---- conditions on what was ticked before ---------------------------------------------------------------------------
def whens(name="collection") -> dict[str, dict]:
    return {e["id"]: e.get("when", {}) for e in rewriting.content(text_now(name))["elements"]}


def test_the_form_writes_what_an_earlier_element_must_be_ticked_with(desk, as_user):
    client = as_user(desk.head)
    sent = sent_of(client, "collection", draft(desk, "collection"))
    ids = [sent[f"e.{n}.id"] for n in range(20) if f"e.{n}.id" in sent]
    why, agree, facts = ids.index("why"), ids.index("agree"), ids.index("facts")
    client.post(address("collection", 1), sent | {f"e.{agree}.when.ticked.{why}.{n}": "1" for n in (0, 1)})
    assert whens()["agree"] == {"ticked": {"why": ["heard", "hardship"]}}
    assert whens()["proof"] == {"ticked": {"facts": "paid_already"}}

    # an id is changed, and what asks it goes along
    sent = sent_of(client, "collection", 2) | {f"e.{facts}.id": "the_facts", f"e.{facts}.o.1.id": "paid"}
    told = client.post(address("collection", 2), sent, headers={"hx-request": "true"}).content.decode()
    assert "SCRIPT-" not in told and whens()["proof"] == {"ticked": {"the_facts": "paid"}}

    # moved before what it asks, it is complained of, loses nothing, and what is not there can be taken out
    client.post(address("collection", 3), sent_of(client, "collection", 3) | {"do": f"up e.{ids.index('proof')}"})
    proof = ids.index("proof") - 1
    assert whens()["proof"] == {"ticked": {"the_facts": "paid"}}
    again = sent_of(client, "collection", 4)
    assert (
        again[f"e.{proof}.when.lost.0"] == "1" and "SCRIPT-020" in client.get(address("collection", 4)).content.decode()
    )
    client.post(address("collection", 4), {k: v for k, v in again.items() if k != f"e.{proof}.when.lost.0"})
    assert whens()["proof"] == {}


@pytest.mark.parametrize("bad", ['"why"', "{ why = 1 }", "{ why = [] }", '["why"]'])
def test_what_cannot_be_a_condition_stays_as_it_was_typed_and_is_complained_of(desk, as_user, bad):
    client = as_user(desk.head)
    text = shipped()["collection"].replace('{ facts = "disputed" }', bad)
    number = draft(desk, "collection", text)
    sent = sent_of(client, "collection", number)
    told = client.post(address("collection", number), sent | {"zh": "甲"}, headers={"hx-request": "true"})
    assert "SCRIPT-009" in told.content.decode()
    assert f"ticked = {bad}" in text_now("collection")


def test_the_preview_goes_by_what_is_ticked(desk, as_user):
    client = as_user(desk.head)
    number = draft(desk, "collection")
    asked = {"fact.dpd": "20", "fact.lang": "en"}
    plain = client.get(address("collection", number, "preview"), asked).content.decode()
    assert "Income and costs" not in plain
    ticked = asked | {"fact.tick.why": "hardship", "fact.tick.means": "nothing_left"}
    told = client.get(address("collection", number, "preview"), ticked).content.decode()
    assert "Income and costs" in told and "Relief, and no sum" in told and "Arrangement" not in told
