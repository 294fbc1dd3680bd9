"""The audit trail as an auditor looks through it."""

import ast
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from django.utils import translation

import shouyue
from shouyue.compliance import audit
from shouyue.web import audit_words, showing
from shouyue.web.views.audit import ROWS
from tests import factories

pytestmark = pytest.mark.django_db


def _written_actions() -> set[str]:
    """Every action that is given to the chain as it stands in the code."""
    found = set()
    for path in Path(shouyue.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == "record" and ast.unparse(called.value) == "audit":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found.add(first.value)
    return found


def test_every_action_that_the_desk_writes_has_words_in_both_languages():
    written = _written_actions()
    assert len(written) > 40 and "contact.start" in written
    written |= {"contact.finish", "cases.export", "concession.instruction", "agency.take_back", "version.stop"}
    assert written <= set(audit_words.ACTIONS)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert not [name for name in audit_words.ACTIONS if audit_words.action(name) in ("", name)]


def test_what_is_not_known_keeps_its_own_name():
    assert audit_words.action("core.exploded") == "core.exploded"
    assert audit_words.action("matter.exploded") == "matter.exploded"


def test_digests_and_long_values_are_opened_by_whoever_wants_them():
    told = {
        name: (said, short)
        for name, said, short in audit_words.data(
            {
                "days": 3,
                "none": None,
                "empty": [],
                "changed": ["pay_day", "channel"],
                "written": [["Promise", "a1", "t", "u"], ["Promise", "a2", "t", "u"]],
                "totals": {"CNY": "21.61"},
                "reason": "x" * (audit_words.SHORT + 1),
            }
        )
    }
    assert set(told) == {"days", "changed", "written", "totals", "reason"}
    assert told["changed"] == ("pay_day, channel", True)
    assert told["written"] == ("Promise, a1, t, u · Promise, a2, t, u", False)
    assert told["totals"] == ("CNY 21.61", True) and told["reason"][1] is False


def test_the_trail_is_walked_from_the_newest_to_the_oldest_without_a_gap(desk, as_user):
    for number in range(2 * ROWS + 3):
        audit.record("note.add", f"case:{number}", {}, None, factories.AFTERNOON + timedelta(minutes=number))
    client, seen, query = as_user(desk.auditor), [], ""
    while True:
        page = client.get(f"/audit/?action=note.add{query}")
        seen += [one.subject for one, _, _ in page.context["entries"]]
        if page.context["older"] is None:
            break
        query = f"&before={page.context['older']}"
    assert seen == [f"case:{n}" for n in reversed(range(2 * ROWS + 3))]
    assert "A note written" in page.content.decode()


def test_a_day_is_the_lenders_day(desk, as_user):
    midnight = datetime.combine(factories.TODAY, time.min, showing.home_zone())
    for minutes in (-1, 0, 1439, 1440):
        audit.record("note.add", f"case:{minutes + 1}", {}, None, midnight + timedelta(minutes=minutes))
    page = as_user(desk.auditor).get(f"/audit/?action=note.add&since={factories.TODAY}&until={factories.TODAY}")
    assert [one.subject for one, _, _ in page.context["entries"]] == ["case:1440", "case:1"]


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        f"before={'9' * 30}",
        "since=soon&until=2026-13-01",
        "since=9999-12-31&until=9999-12-31",
        "since=0001-01-01&until=0001-01-01",
    ],
)
def test_what_cannot_be_read_in_the_address_shows_the_trail(desk, as_user, query):
    assert as_user(desk.auditor).get(f"/audit/?{query}").status_code == 200
