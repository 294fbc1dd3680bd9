"""A real browser before a real server. Skipped where no browser is installed; ``scripts/browser.sh`` brings one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests import factories

#: quiet: no calls home, no updates; without a sandbox when root, as in a container
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-gpu",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def launch(playwright: Playwright) -> Browser | None:
    """Playwright's own browser where it is present, else the system's; None where there is none."""
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.launch(args=FLAGS)
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return playwright.chromium.launch(executable_path=found, args=FLAGS) if found else None


def expected(complaint: str) -> bool:
    """What the browser says when a test means it: a refusal, a form to mend, a server or a connection taken away."""
    means = ("status of 4", "status of 503", "ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    means += ("Response Status Error Code 4",)
    return any(said in complaint for said in means)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launch(playwright)
        if found is None:
            pytest.skip("no browser here: run scripts/browser.sh")
        yield found
        found.close()


class Underway:
    """Requests that the server works on: a browser that goes leaves them, and what they hold cannot be emptied."""

    def __init__(self) -> None:
        self.count, self.none = 0, threading.Condition()

    def changed(self, by: int) -> None:
        with self.none:
            self.count += by
            self.none.notify_all()

    def __enter__(self) -> Underway:
        self.begun, self.ended = (lambda **_: self.changed(1)), (lambda **_: self.changed(-1))
        request_started.connect(self.begun)
        request_finished.connect(self.ended)
        return self

    def __exit__(self, *failure: object) -> None:
        with self.none:
            self.none.wait_for(lambda: self.count <= 0, timeout=10)
        request_started.disconnect(self.begun)
        request_finished.disconnect(self.ended)


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    """A fresh browser profile. When the test is over: no request went elsewhere, and nothing was complained of."""
    with Underway():
        yield from _profile(browser, live_server)


def _profile(browser: Browser, live_server) -> Iterator[BrowserContext]:
    hosts: set[str] = set()
    complaints: list[str] = []
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(10_000)
    context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    context.on("console", lambda m: complaints.append(m.text) if m.type == "error" and not expected(m.text) else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert hosts <= {urlsplit(live_server.url).netloc, ""}, "a page loads something from another host"
    assert not complaints, complaints


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def afternoon(monkeypatch) -> None:
    """Two in the afternoon in Shanghai, for the server's threads as well."""
    monkeypatch.setenv("SHOUYUE_NOW", factories.AFTERNOON.isoformat())


@pytest.fixture
def desk(transactional_db, afternoon) -> factories.Desk:
    return factories.desk()


def sign_in(page: Page, name: str, password: str = factories.PASSWORD) -> None:
    page.goto("/sign-in")
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".frame")
