"""Pictures of the main pages of a running instance: `python -m tests.screenshots [ADDRESS]`.

Logs in with the sample organisation's demo log-ins and writes into `screenshots/`, in Chinese and English, light and
dark, at 390, 1440 and 1920 pixels. `--only board` takes one page, `--out FOLDER` writes elsewhere.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.conftest import ARGUMENTS, chromium_path

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = {390: 844, 1440: 900, 1920: 1080}
LOGIN, PASSWORD = "commander", "fenghuo-demo"
# page → address, and what must be there before the picture is taken
PAGES = {
    "board": ("/", ".board-incidents .card"),
    "room": ("room", ".room-head"),
    "notices": ("/notices/", "main"),
    "stock": ("/stock/", "main"),
    "plans": ("/plans/", "main"),
    "incidents": ("/incidents/", "main"),
    "report": ("/incidents/report/", "#preview .preview-level"),
    "drills": ("/drills/", "main"),
    "login": ("/accounts/login/", "main"),
}


def newest_room(page: Page) -> str | None:
    """The address of the incident that the board shows first, else of the newest one in the list."""
    page.goto("/")
    page.wait_for_selector(".board-incidents .card")
    for where in ("/", "/incidents/?kind=all"):
        if where != "/":
            page.goto(where)
        for link in page.locator("a[href^='/incidents/']").all():
            href = link.get_attribute("href") or ""
            if re.fullmatch(r"/incidents/\d+/", href):
                return href
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--only", choices=sorted(PAGES))
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    options = parser.parse_args()
    path = chromium_path()
    if path is None:
        sys.exit("Chromium was not found; set CHROMIUM_PATH")
    from playwright.sync_api import sync_playwright

    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for language, theme in itertools.product(("zh-hans", "en"), ("light", "dark")):
            context = browser.new_context(base_url=options.address, color_scheme=theme, timezone_id="Asia/Shanghai")
            context.add_cookies([{"name": "django_language", "value": language, "url": options.address}])
            page = context.new_page()
            wanted = {name: place for name, place in PAGES.items() if options.only in {None, name}}
            if "login" in wanted:
                shoot(page, *wanted.pop("login"), options.out / f"login-{language}-{theme}", theme)
            page.goto("/accounts/login/")
            page.fill("[name=login]", LOGIN)
            page.fill("[name=password]", PASSWORD)
            page.click("main [type=submit]")
            page.wait_for_selector(".board")
            page.evaluate("theme => { document.documentElement.dataset.bsThemeChoice = theme }", theme)
            for name, (address, ready) in wanted.items():
                where = newest_room(page) if address == "room" else address
                if where:
                    shoot(page, where, ready, options.out / f"{name}-{language}-{theme}", theme)
            context.close()
        browser.close()


def shoot(page: Page, address: str, ready: str, out: Path, theme: str) -> None:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        page.evaluate("theme => { document.documentElement.dataset.bsThemeChoice = theme }", theme)
        page.wait_for_selector(ready)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(600)
        page.screenshot(path=f"{out}-{width}.png", full_page=width == 390)


if __name__ == "__main__":
    main()
