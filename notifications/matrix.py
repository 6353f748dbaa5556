"""Purposes × channels × languages: what is approved, what waits, what is missing, and what that blocks."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Channel
from notifications.defaults import STAFF
from notifications.models import Template

LANGUAGES = ("zh-hans", "en")
CUSTOMER_CHANNELS = (Channel.WECHAT, Channel.PUSH, Channel.SMS, Channel.EMAIL)
STAFF_CHANNELS = (Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.BOT, Channel.IN_APP)


@dataclass(frozen=True)
class Cell:
    """`state` is "approved", "draft" (written, not in use) or "missing"; `newer` is a draft beside the approved one."""

    language: str
    state: str
    template: Template | None
    newer: Template | None = None


@dataclass(frozen=True)
class Row:
    """A purpose on one channel. `blocks`: nobody can be told this on the channel; `in_chinese`: English readers get
    Chinese words."""

    channel: Channel
    cells: list[Cell]

    @property
    def blocks(self) -> bool:
        return self.cells[0].state != "approved"

    @property
    def in_chinese(self) -> bool:
        return not self.blocks and self.cells[1].state != "approved"


@dataclass(frozen=True)
class Purpose:
    template: Template
    customers: bool
    rows: list[Row]


def matrix() -> list[Purpose]:
    """Every purpose that has a template, those for customers first."""
    newest: dict[str, dict[tuple[str, str, str], Template]] = {}
    for template in Template.objects.exclude(state="retired").order_by("code", "version"):
        newest.setdefault(template.code, {})[template.channel, template.language, template.state] = template
    found = []
    for code, known in newest.items():
        customers = code not in STAFF
        wanted = CUSTOMER_CHANNELS if customers else STAFF_CHANNELS
        rows = [Row(channel, [cell(known, channel, language) for language in LANGUAGES]) for channel in wanted]
        found.append(Purpose(next(iter(known.values())), customers, rows))
    return sorted(found, key=lambda purpose: (not purpose.customers, purpose.template.code))


def cell(known: dict[tuple[str, str, str], Template], channel: str, language: str) -> Cell:
    used, draft = (known.get((channel, language, state)) for state in ("approved", "draft"))
    if used is None:
        return Cell(language, "draft" if draft else "missing", draft)
    return Cell(language, "approved", used, draft if draft and draft.version > used.version else None)
