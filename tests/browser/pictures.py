"""Pictures of what a story passes, when asked for: `PICTURES=folder pytest tests/browser/test_care.py`.

Each is taken in Chinese and English, light and dark, at 390 and 1440 pixels. Without the variable nothing happens.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.screenshots import WIDTHS

if TYPE_CHECKING:
    from playwright.sync_api import Page


def take(page: Page, name: str, *, of: str = "") -> None:
    """`of`: the log-in whose page it is; a page without one takes its language from its address."""
    folder = os.environ.get("PICTURES")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    size, address = page.viewport_size, page.url
    for language, theme, width in itertools.product(("zh-hans", "en"), ("light", "dark"), (390, 1440)):
        if of:
            set_language(of, language)
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        page.emulate_media(color_scheme=theme)
        page.goto(address if of else f"{address.partition('?')[0]}?lang={language}")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=f"{folder}/{name}-{language}-{theme}-{width}.png", full_page=True)
    if of:
        set_language(of, "zh-hans")
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")
    page.goto(address)


def set_language(login: str, language: str) -> None:
    from accounts.models import User

    User.objects.filter(username=login).update(language=language)
