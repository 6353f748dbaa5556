"""What is made known at the turns of an incident, with the fields that the law names.

突发事件应对法 (2024) Art. 64 for a warning: category, level, beginning, likely extent, what to heed, what to do, who
issued it and when. Art. 72 for a response: matter, level, expected period, measures. A closing notice answers it.
Weather warnings themselves are issued by the authorities only; ours is a call to prepare, and names its sources.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Announcement, DeadlineKind, DeadlineState, Incident, Level, LevelRule, Measure, Phase
from incidents.operations.change import Change
from incidents.queries import pages
from incidents.queries.warnings import relevant_warnings
from incidents.rulebook import rule_of

LANGUAGES = {"zh": "zh-hans", "en": "en"}
MOST_NAMED = 40
NEVER_ANNOUNCED = (Measure.State.SKIPPED,)


def announce(change: Change, kind: str, fields: Iterable[tuple[str, Callable[[], str]]]) -> Announcement:
    """Freeze a notice in both languages. Journals incident.announced."""
    content = []
    for code, say in fields:
        texts = {}
        for key, language in LANGUAGES.items():
            with translation.override(language):
                texts[key] = say()
        content.append({"code": code, **texts})
    announcement = Announcement.objects.create(
        incident=change.incident,
        kind=kind,
        content={"fields": content},
        issued_by=str(change.by),
        issued_at=change.now,
    )
    change.tell("incident.announced", {"announcement": f"announcement:{announcement.pk}", "kind": kind})
    return announcement


def announce_warning(change: Change, *, level: int, heed: str, actions: str) -> Announcement:
    """The call to prepare (Art. 64). `heed` and `actions` are people's words, as they were written."""
    incident = change.incident
    warnings = relevant_warnings(incident)
    prepared = labels(incident, Measure.objects.filter(incident=incident, phase=Phase.WARNING))

    def source() -> str:
        return "；".join(f"{warning} ({warning.sender_name or warning.sender})" for warning in warnings[:3])

    return announce(
        change,
        Announcement.Kind.WARNING,
        [
            ("category", lambda: str(incident.get_category_display())),  # type: ignore[attr-defined]
            ("level", lambda: level_text(level)),
            ("starts_at", lambda: local(incident.warned_at or change.now)),
            ("extent", lambda: extent(incident)),
            ("heed", lambda: heed or source() or _("Keep your phone at hand; nobody is called to a post yet.")),
            ("actions", lambda: actions or prepared() or _("Be ready to start a response.")),
            ("source", source),
            ("issuer", issuer),
            ("issued_at", lambda: local(change.now)),
        ],
    )


def announce_start(change: Change) -> Announcement:
    """The start of a response (Art. 72), or its going on after it was closed."""
    incident = change.incident
    phases = [Phase.WARNING, Phase.ACTIVATION, Phase.RESPONSE]
    planned = labels(incident, Measure.objects.filter(incident=incident, phase__in=phases))

    def level() -> str:
        text = level_text(incident.response_level or Level.IV)
        return f"{text} ({_('provisional, to be confirmed')})" if incident.provisional else text

    return announce(
        change,
        Announcement.Kind.START,
        [
            ("matter", lambda: matter(incident)),
            ("level", level),
            ("period", lambda: period(incident.called_up_at or change.now, incident.expected_end_at)),
            ("measures", planned),
            ("issuer", issuer),
            ("issued_at", lambda: local(change.now)),
        ],
    )


def announce_close(change: Change, *, closed_lanes: int) -> Announcement:
    """The end of a response: what was done, and what is still to be done. Written after all else has been drawn."""
    incident = change.incident
    measures = Measure.objects.filter(incident=incident).order_by("order", "round", "id")
    done = measures.filter(state=Measure.State.DONE)
    later = labels(incident, measures.filter(phase=Phase.CLOSE).exclude(state__in=[Measure.State.DONE]))
    legal = [
        deadline
        for deadline in incident.deadlines.filter(kind=DeadlineKind.LEGAL, settled_at=None)
        if deadline.state in {DeadlineState.OPEN, DeadlineState.MISSED}
    ]
    review_at = change.times.due(change.now, rule_of(incident).review_days * 24 * 60)

    def achieved() -> str:
        return _("%(done)s of %(all)s measures: %(names)s") % {
            "done": done.count(),
            "all": measures.count(),
            "names": labels(incident, done)() or "—",
        }

    def remaining() -> str:
        parts = [_("Duty by law: %(name)s") % {"name": deadline.label} for deadline in legal]
        parts += [later()] if later() else []
        if closed_lanes:
            parts.append(
                ngettext("%(count)s lane stays closed", "%(count)s lanes stay closed", closed_lanes)
                % {"count": closed_lanes}
            )
        return "；".join([*parts, _("Review by %(time)s") % {"time": local(review_at)}])

    return announce(
        change,
        Announcement.Kind.CLOSE,
        [
            ("matter", lambda: matter(incident)),
            ("level", lambda: level_text(incident.response_level or Level.IV)),
            ("period", lambda: period(incident.declared_at or change.now, change.now)),
            ("done", achieved),
            ("remaining", remaining),
            ("issuer", issuer),
            ("issued_at", lambda: local(change.now)),
        ],
    )


def labels(incident: Incident, measures: Iterable[Measure]) -> Callable[[], str]:
    """The names of measures in the language of the moment, each once, in the order of the plan."""

    def say() -> str:
        rows = [measure.label for measure in measures if measure.state not in NEVER_ANNOUNCED]
        return "、".join(list(dict.fromkeys(rows))[:MOST_NAMED])

    return say


def matter(incident: Incident) -> str:
    drill = f"【{_('Drill')}】" if incident.exercise is not None else ""
    place = extent(incident)
    more = str(incident.get_category_display())  # type: ignore[attr-defined]
    return f"{drill}{incident.title} ({more}{'' if place == '—' else f'; {place}'})"


def extent(incident: Incident) -> str:
    return "、".join(pages.scope_names(incident.scope)) or incident.site or "—"


def level_text(level: int) -> str:
    rule = LevelRule.objects.filter(level=level).first()
    return f"{Level(level).label} {rule.label if rule else ''}".strip()


def period(start: datetime, end: datetime | None) -> str:
    values = {"start": local(start), "end": local(end) if end else _("further notice")}
    return _("from %(start)s until %(end)s") % values


def issuer() -> str:
    return _("Emergency command centre")


def local(moment: datetime) -> str:
    """The organisation's own time: a notice reads the same for everybody."""
    return f"{timezone.localtime(moment, zoneinfo.ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d %H:%M}"
