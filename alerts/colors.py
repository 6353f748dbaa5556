"""The colour of a warning signal. Pure.

Sources: GB/T 27962 and the China Meteorological Administration's signals (blue, yellow, orange, red, rising);
a CAP severity stands for a colour where the issuer names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

BY_SEVERITY = {"Extreme": "red", "Severe": "orange", "Moderate": "yellow", "Minor": "blue"}
WORDS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue"}
NAMES = {*BY_SEVERITY.values()}
IN_TEXT = re.compile("([红橙黄蓝])色?(?:预警|信号|警报|警告)")
PARAMETER = re.compile("colou?r|颜色|预警级别|signal", re.IGNORECASE)


def color_of(*, severity: str, headline: str, event: str, parameters: Iterable[tuple[str, str]]) -> str:
    """ "red", "orange", "yellow", "blue", or "" when nothing tells: what the issuer says goes before the severity."""
    for name, value in parameters:
        if PARAMETER.search(name):
            word = value.strip()
            if word.lower() in NAMES:
                return word.lower()
            if word[:1] in WORDS:
                return WORDS[word[0]]
    for text in (headline, event):
        if found := IN_TEXT.search(text):
            return WORDS[found[1]]
    return BY_SEVERITY.get(severity, "")
