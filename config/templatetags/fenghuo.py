"""Tags that every template may use."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django import template
from django.db import DatabaseError
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide as draw_icon

from journal import clock

register = template.Library()


@register.simple_tag
@functools.lru_cache(maxsize=1_000)
def lucide(name: str, *, size: int = 24, **attributes: str) -> SafeString:
    """`{% lucide 'truck' size=18 %}`: an icon. Drawn once: a page has dozens, and each takes longer than its text."""
    return mark_safe(draw_icon(name, size=size, **attributes))


class Pace(Protocol):
    """How a matter's own time runs: that of an incident, which in a drill is faster than life."""

    def between(self, start: datetime, end: datetime) -> timedelta: ...

    def factor_at(self, moment: datetime) -> float: ...


def now_of(context: Context) -> datetime:
    """The house's time, asked once for a page."""
    ask = context.get("house_now")
    return ask() if callable(ask) else clock.now()


@register.simple_tag(takes_context=True)
def timer(
    context: Context,
    due_at: datetime | None,
    *,
    started_at: datetime | None = None,
    done_at: datetime | None = None,
    times: Pace | None = None,
    still_at: datetime | None = None,
) -> SafeString:
    """A countdown that the browser keeps running ("还剩 06:41", "已超 02:10"); still when `done_at` is given.

    With `times` (Incident.times) it counts in drill time: what is left or over, and how fast it runs. What was not
    over yet at `still_at` (Incident.suspended_at) stands still with what was left then.
    """
    if due_at is None:
        return format_html("<span class='text-secondary'>{}</span>", "—")
    if still_at is not None and done_at is None and due_at > still_at:
        left = int((times.between(still_at, due_at) if times is not None else due_at - still_at).total_seconds())
        text = (
            f"{left // 60:02}:{left % 60:02}" if left < 3600 else f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"
        )
        return format_html("<span class='tabular text-secondary' title='{}'>⏸ {}</span>", _("Stands still"), text)
    local = timezone.localtime(due_at)
    shown_due, shown_done, rate = due_at, done_at, 1.0
    if times is not None:
        moment = now_of(context)
        rate = times.factor_at(moment)
        if done_at is not None and done_at > due_at:
            shown_done = due_at + times.between(due_at, done_at)
        elif done_at is None and due_at < moment:
            shown_due = moment - times.between(due_at, moment) / rate
    return format_html(
        "<time class='timer' datetime='{}' data-due='{}' data-start='{}' data-done='{}' data-at='{}' data-rate='{}'"
        " title='{}'>{}</time>",
        due_at.isoformat(),
        milliseconds(shown_due),
        milliseconds(started_at) if started_at else "",
        milliseconds(shown_done) if shown_done else "",
        f"{timezone.localtime(done_at):%H:%M}" if done_at else "",
        f"{rate:g}",
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local:%H:%M}",
    )


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@register.simple_tag
def moment(at: datetime | None, *, seconds: bool = False) -> SafeString:
    """A time of day in the user's zone, with the full date on hover."""
    if at is None:
        return mark_safe("—")
    local = timezone.localtime(at)
    return format_html(
        "<time datetime='{}' title='{}' class='tabular'>{}</time>",
        at.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}",
    )


@register.filter
def percent(share: float | None) -> str:
    """0.8125 → "81.3%"; None → "—"."""
    return "—" if share is None else f"{share * 100:.1f}%"


@register.simple_tag
def server_time() -> int:
    """Now in milliseconds, against which the browser measures how far off its own clock is."""
    try:
        return int(clock.now().timestamp() * 1000)
    except DatabaseError:
        return int(timezone.now().timestamp() * 1000)


@register.simple_tag(takes_context=True)
def elapsed(
    context: Context,
    since: datetime | None,
    *,
    until: datetime | None = None,
    lasted: timedelta | None = None,
    rate: float = 1.0,
) -> SafeString:
    """How long it has lasted ("00:41:07"); the browser counts on unless `until` is given.

    In a drill time runs faster: give `lasted`, the drill time that has passed, and the `rate` at which it runs now.
    """
    if since is None:
        return format_html("<span class='text-secondary'>{}</span>", "—")
    moment = now_of(context)
    seconds = max(0, int((lasted if lasted is not None else (until or moment) - since).total_seconds()))
    counted_from = moment - timedelta(seconds=seconds / rate) if lasted is not None else since
    return format_html(
        "<time class='timer elapsed' datetime='{}' data-since='{}' data-until='{}' data-rate='{}' title='{}'>{}</time>",
        since.isoformat(),
        int(counted_from.timestamp() * 1000),
        int((until if lasted is None else moment).timestamp() * 1000) if until else "",
        f"{rate:g}",
        f"{timezone.localtime(since):%Y-%m-%d %H:%M:%S}",
        f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
    )


@register.filter
def whole_percent(share: float | None) -> str:
    """0.8125 → "81%"; None → "—"."""
    return "—" if share is None else f"{share * 100:.0f}%"


@register.filter
def unlocalized(value: float) -> str:
    """A number as attributes of HTML want it, whatever the language."""
    return f"{value:g}"


@register.filter
def hours(minutes: int) -> str:
    """90 → "1.5"."""
    return f"{minutes / 60:g}"


@register.filter
def plain(amount: Decimal | float) -> str:
    """2.000 → "2", 0.500 → "0.5"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


LEVELS = {
    1: ("Ⅰ", _("Exceptional"), "<circle cx='8' cy='8' r='6.5'/>"),
    2: ("Ⅱ", _("Major"), "<path d='M8 1 15.5 14.5H.5z'/>"),
    3: ("Ⅲ", _("Serious"), "<rect x='2' y='2' width='12' height='12' rx='1.5'/>"),
    4: ("Ⅳ", _("Ordinary"), "<path d='M8 .5 15.5 8 8 15.5.5 8z'/>"),
}


@register.simple_tag
def level(value: int | None, *, big: bool = False) -> SafeString:
    """A response level as colour, shape, numeral and word, so that it reads in grey as well."""
    if not value or int(value) not in LEVELS:
        return format_html("<span class='level level-none'>{}</span>", _("not graded"))
    numeral, word, shape = LEVELS[int(value)]
    return format_html(
        "<span class='level level-{}{}'><svg viewBox='0 0 16 16' aria-hidden='true'>{}</svg>{} {}</span>",
        value,
        " level-big" if big else "",
        mark_safe(shape),
        numeral,
        word,
    )


@register.filter
def numeral(value: int | None) -> str:
    """2 → "Ⅱ"."""
    return LEVELS[int(value)][0] if value and int(value) in LEVELS else "—"


COLOURS = {"red": _("Red"), "orange": _("Orange"), "yellow": _("Yellow"), "blue": _("Blue")}


@register.simple_tag
def warning_colour(code: str) -> SafeString:
    """The colour of an issued warning as a badge with its word ("red" → 红色预警)."""
    number = list(COLOURS).index(code) + 1 if code in COLOURS else 0
    return format_html("<span class='level level-{}'>{}</span>", number or "none", COLOURS.get(code, _("no colour")))


@register.filter
def lasted(duration: timedelta | None) -> str:
    """24:10 below an hour (minutes:seconds), then 31:05:00, and "—" for what did not happen."""
    if duration is None:
        return "—"
    seconds = round(duration.total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, 3600)
    text = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{sign}{hours}:{text}" if hours else f"{sign}{text}"


@register.filter
def in_hours(duration: timedelta | None) -> str:
    """31.5 h."""
    return "—" if duration is None else f"{duration.total_seconds() / 3600:.1f} h"


@register.filter
def in_minutes(duration: timedelta | None) -> str:
    """30 min."""
    return "—" if duration is None else f"{duration.total_seconds() / 60:.0f} min"
