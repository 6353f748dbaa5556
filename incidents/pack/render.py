"""Setting the pack: as PDF by typst, as one HTML file by a template of ours."""

from __future__ import annotations

import json
from pathlib import Path

from django.template.loader import render_to_string

from incidents.pack.content import Pack

PAGES = Path(__file__).with_name("pack.typ")
COLOURS = {1: "#c81e1e", 2: "#f5811f", 3: "#f2c313", 4: "#1f5fd0"}


def as_pdf(pack: Pack) -> bytes:
    """The pages as PDF. Words reach the template as JSON, so that none of them is read as markup."""
    import noto_cjk_sans_otc
    import typst

    fonts = str(Path(str(noto_cjk_sans_otc.FONT_PATH)).parent)
    data = json.dumps(pack.plain(), ensure_ascii=False)
    pages = PAGES.read_bytes()
    made = typst.compile(pages, font_paths=[fonts], ignore_system_fonts=True, sys_inputs={"data": data})  # type: ignore[misc]
    return bytes(made)


def as_html(pack: Pack) -> bytes:
    """The same as one file: styles inside, nothing fetched from anywhere, no script."""
    colour = COLOURS.get(pack.level_number, "#5a5f68")
    dark = pack.level_number in {2, 3}
    context = {"pack": pack, "words": pack.plain()["words"], "colour": colour, "ink": "#000" if dark else "#fff"}
    return render_to_string("incidents/pack.html", context).encode()
