"""The rules in force, and when each way of contact is allowed next."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import factories

from .conftest import sign_in
from .test_accessible import serious

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_rules_are_read_and_each_way_of_contact_is_answered(desk, page, language):
    zh = language == "zh-hans"
    factories.User.objects.update(language=language)
    sign_in(page, "rep")
    page.goto("/rules/")
    expect(page.locator("main")).to_contain_text("22:00–08:00 为安静时段" if zh else "22:00–08:00 are quiet hours")
    expect(page.locator("main")).to_contain_text("GB/T 45251-2025")
    expect(page.locator("main")).to_contain_text("坐牢" if zh else "jail")
    assert not serious(page, "rules")
    page.goto(f"/cases/{desk.case.pk}/")
    page.get_by_text("下次何时、以何方式可联系？" if zh else "When may I next, and how?").click()
    ways = page.locator(".work details tbody tr")
    expect(ways).to_have_count(8)
    expect(ways.first).to_contain_text("是" if zh else "yes")
    assert not serious(page, "when")
    page.goto("/rules/")
