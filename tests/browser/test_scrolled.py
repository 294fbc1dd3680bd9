"""Long forms with bars that stay in view: what has the focus is beneath none of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from shouyue.casework import calls
from shouyue.casework.models import Contact
from shouyue.casework.scripts.choosing import shipped
from shouyue.casework.scripts.versions import KIND
from shouyue.releases import drafting

from .conftest import sign_in

pytestmark = pytest.mark.browser

#: whoever is focused, from the first to the last and back, and has something else over him; of a tall text a part is
#: enough, for the browser brings only its caret into view
COVERED = """() => {
  const all = [...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary)")]
    .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
  const covered = [];
  for (const e of [...all, ...[...all].reverse()]) {
    e.focus();
    const { left, right, top, bottom } = e.getBoundingClientRect();
    const own = e.closest("label") ?? e;
    const over = [top + 3, (top + bottom) / 2, bottom - 3]
      .map((y) => document.elementFromPoint((left + right) / 2, y))
      .filter((at) => !own.contains(at));
    const most = e.matches("textarea") ? 2 : 0;
    const name = e.id || e.name || e.textContent.trim();
    if (over.length > most) covered.push(`${name} by ${over[0]?.outerHTML.slice(0, 50)}`);
  }
  return covered;
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_that_has_the_focus_is_covered(desk, browser: Browser, live_server, width):
    drafting.save(KIND, "collection", shipped()["collection"], desk.head, 0)
    found: list[str] = []
    for who, path in (("head", "/scripts/collection/1/edit"), ("rep", f"/cases/{desk.case.pk}/")):
        context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 700})
        page = context.new_page()
        sign_in(page, who)
        page.goto(path)
        if who == "rep":
            page.locator("form[action$=call] button.main").click()
            page.wait_for_selector(".call")
            found += [f"call: {one}" for one in page.evaluate(COVERED)]
            calls.somebody_else(Contact.objects.get().pk, desk.rep)
            page.goto(path)
        found += [f"{path}: {one}" for one in page.evaluate(COVERED)]
        context.close()
    assert not found, "\n".join(found)
