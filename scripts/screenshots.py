"""Make the pictures of the readme again: start a fresh demo, sign in, photograph. ``make screenshots``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = {"width": 1360, "height": 850}
#: name of the picture -> (who looks, at what)
PICTURES = {
    "my-day": ("rep1", "/"),
    "case": ("rep1", "case"),
    "history": ("rep1", "history"),
    "today": ("manager1", "/today/"),
}


def started(home: str) -> tuple[subprocess.Popen[str], str, str]:
    """A demo on a free port: its process, its address and the password of its people."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "shouyue", "demo"],
        env={**os.environ, "SHOUYUE_HOME": home},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    address = password = ""
    for line in demo.stdout:
        if found := re.search(r"(http://\S+)", line):
            address = found[1]
        if found := re.search(r"password\s+(\S+)", line):
            password = found[1]
        if "Ctrl-C" in line:
            return demo, address, password
    raise SystemExit("the demo did not start")


def browser_path() -> str | None:
    """Debian's chromium where Playwright's own browser is not there."""
    return next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()), None)


def signed_in(browser: Browser, address: str, who: str, password: str, language: str) -> Page:
    page = browser.new_context(viewport=SIZE, locale=language, device_scale_factor=1).new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=username]", who)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    english = page.locator("button[name=language][value=en]")
    if language == "en" and english.count():  # the desk remembers it from the first time on
        page.click("details.menu > summary")
        english.click()
        page.wait_for_load_state("networkidle")
    return page


def photograph(browser: Browser, address: str, password: str) -> None:
    for language, ending in (("zh-CN", ".zh.png"), ("en", ".png")):
        for name, (who, path) in PICTURES.items():
            page = signed_in(browser, address, who, password, language)
            page.goto(f"{address}{path if path.startswith('/') else '/'}")
            if path in ("case", "history"):
                page.click("table[data-rows] tbody a >> nth=1")
            if path == "history":
                page.click(".loan h3 a")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=IMAGES / f"{name}{ending}")
            page.context.close()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shouyue-pictures-") as home, sync_playwright() as playwright:
        Path(home).chmod(0o711)
        demo, address, password = started(home)
        try:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(
                executable_path=browser_path(), args=[*sandbox, "--disable-gpu", "--disable-background-networking"]
            )
            photograph(browser, address, password)
            browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
            time.sleep(0.5)
    print(f"{len(PICTURES) * 2} pictures in {IMAGES}")


if __name__ == "__main__":
    main()
