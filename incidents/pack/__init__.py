"""The situation pack: everything a room needs to go on with paper, as PDF or as one HTML file.

`content` gathers it as plain blocks of text, `render` sets them. Nothing a user typed is ever part of a template.
"""

from incidents.pack.blocks import Block, Sheet
from incidents.pack.content import Pack, pack_of
from incidents.pack.render import as_html, as_pdf

__all__ = ["Block", "Pack", "Sheet", "as_html", "as_pdf", "pack_of"]
