"""The history of a loan in a real browser: from the call on the timeline to what was known then, and back in time."""

from __future__ import annotations

from uuid import uuid4

import pytest

from shouyue.casework import calls
from shouyue.casework.outcome import Outcome
from tests import factories, published

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser


@pytest.fixture
def called(desk, tmp_path, monkeypatch):
    """A call in the afternoon, after which a payment was taken back and the day published again."""
    monkeypatch.setenv("SHOUYUE_BOOKS", str(tmp_path))
    published.publish(tmp_path)
    contact = calls.start(desk.case.pk, desk.number().pk, desk.rep, uuid4()).contact
    assert contact is not None
    calls.finish(contact.pk, desk.rep, Outcome(reached="self", result="refused", why_late="unwilling", note=""))
    published.publish(tmp_path, hour=12, late_booking=True)
    return desk


def test_from_the_call_to_what_was_known_then_and_what_is_known_now(called, page):
    sign_in(page, "rep")
    page.goto(f"/cases/{called.case.pk}/")
    page.get_by_role("link", name="What we knew then").click()
    row = page.get_by_role("row", name="Days past due differs")
    assert row.locator("td").all_inner_texts() == ["5", "36"]
    assert page.locator("svg.history polyline.line").count() == 1
    page.get_by_label("As known on").fill("2026-10-08")
    page.get_by_label("Day", exact=True).fill("2026-10-01")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".head b").inner_text() == "12 days"
    assert page.get_by_label("As known on").input_value() == "2026-10-08"
    page.get_by_role("link", name="Back to the case").click()
    page.locator(".loan h3 a").click()
    page.get_by_role("link", name="the day before").first.click()
    assert page.get_by_label("As known on").input_value() == "2026-11-23"


@pytest.mark.parametrize(
    ("scheme", "width", "language"),
    [("light", 1440, "zh-hans"), ("dark", 1440, "en"), ("light", 390, "en"), ("dark", 390, "zh-hans")],
)
def test_axe_finds_nothing_serious(called, browser, live_server, scheme, width, language):
    factories.User.objects.update(language=language)
    context = browser.new_context(
        base_url=live_server.url, color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    page = context.new_page()
    sign_in(page, "rep")
    loan = called.case.customer.loans.get().pk
    for query in ("", "?as_of=2026-10-01&known_at=2026-10-08&years=3", "?as_of=2026-13-01"):
        page.goto(f"/cases/{called.case.pk}/loans/{loan}/{query}")
        assert not (faults := serious(page, f"{query} {scheme} {width}")), "\n".join(faults)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"the page is wider than the screen of {width} by {wide}"
    context.close()
