"""Purposes × channels × languages: what is approved, what waits, what is missing, and what that blocks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from accounts.models import Channel
from notifications.defaults import STAFF
from notifications.models import Kind, Registration, Template
from notifications.standing import able, examines, senders

LANGUAGES = ("zh-hans", "en")
CUSTOMER_CHANNELS = (Channel.WECHAT, Channel.PUSH, Channel.SMS, Channel.EMAIL)
STAFF_CHANNELS = (Channel.SMS, Channel.VOICE, Channel.EMAIL, Channel.BOT, Channel.IN_APP)


@dataclass(frozen=True)
class Opinion:
    """What a kind of provider that sends the channel now has said of the words: `state` as in models.Review, "" when
    it does not know them. With `drill_blocked` it would refuse them in a drill."""

    kind: Kind
    registration: Registration | None

    @property
    def state(self) -> str:
        return self.registration.state if self.registration else ""

    @property
    def drill_blocked(self) -> bool:
        return self.registration is None or not self.registration.sendable(drill=True)


@dataclass(frozen=True)
class Cell:
    """`state` is "approved", "draft" (written, not in use) or "missing"; `newer` is a draft beside the approved one.

    `template` is the version that is sent; `waits` when a newer approved one is held back until a provider approves
    it. `able`: somebody may send the words now. `opinions` are what the providers said of them.
    """

    language: str
    state: str
    template: Template | None
    newer: Template | None = None
    waits: bool = False
    able: bool = True
    opinions: tuple[Opinion, ...] = ()

    @property
    def sent(self) -> bool:
        return self.state == "approved" and self.able


@dataclass(frozen=True)
class Row:
    """A purpose on one channel. `blocks`: nobody can be told this on the channel; `in_chinese`: English readers get
    Chinese words. `refused`: there are approved words, but no provider may send them yet."""

    channel: Channel
    cells: list[Cell]

    @property
    def blocks(self) -> bool:
        return not self.cells[0].sent

    @property
    def refused(self) -> bool:
        return self.blocks and self.cells[0].state == "approved"

    @property
    def in_chinese(self) -> bool:
        return not self.blocks and not self.cells[1].sent

    @property
    def waits(self) -> bool:
        return any(cell.waits for cell in self.cells)

    @property
    def drill_blocked(self) -> bool:
        """Whether what may be sent in earnest would be refused in a drill."""
        return any(
            cell.sent and cell.opinions and all(opinion.drill_blocked for opinion in cell.opinions)
            for cell in self.cells
        )


@dataclass(frozen=True)
class Purpose:
    template: Template
    customers: bool
    rows: list[Row]


def matrix() -> list[Purpose]:
    """Every purpose that has a template, those for customers first."""
    versions: dict[str, list[Template]] = defaultdict(list)
    for template in Template.objects.exclude(state="retired").order_by("code", "version"):
        versions[template.code].append(template)
    known = Known([template for some in versions.values() for template in some])
    found = []
    for code, some in versions.items():
        customers = code not in STAFF
        wanted = CUSTOMER_CHANNELS if customers else STAFF_CHANNELS
        rows = [Row(channel, [known.cell(some, channel, language) for language in LANGUAGES]) for channel in wanted]
        found.append(Purpose(some[-1], customers, rows))
    return sorted(found, key=lambda purpose: (not purpose.customers, purpose.template.code))


class Known:
    """What providers have said of templates, read at once."""

    def __init__(self, templates: list[Template]) -> None:
        self.kinds = senders()
        self.able = able(templates, self.kinds)
        registrations = Registration.objects.filter(template__in=[template.pk for template in templates])
        self.said = {(row.template_id, row.kind): row for row in registrations}

    def opinions(self, template: Template) -> tuple[Opinion, ...]:
        kinds = [kind for kind in self.kinds.get(template.channel, []) if examines(kind)]
        return tuple(Opinion(kind, self.said.get((template.pk, kind))) for kind in kinds)

    def cell(self, versions: list[Template], channel: str, language: str) -> Cell:
        own = [row for row in versions if (row.channel, row.language) == (channel, language)]
        approved = [row for row in own if row.state == "approved"]
        draft = next((row for row in reversed(own) if row.state == "draft"), None)
        if not approved:
            return Cell(language, "draft" if draft else "missing", draft)
        used = next((row for row in reversed(approved) if row.pk in self.able), approved[-1])
        return Cell(
            language,
            "approved",
            used,
            draft if draft and draft.version > used.version else None,
            waits=used != approved[-1],
            able=used.pk in self.able,
            opinions=self.opinions(used),
        )
