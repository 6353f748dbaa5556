"""Tags that every template may use."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def timer(
    due_at: datetime | None, *, started_at: datetime | None = None, done_at: datetime | None = None
) -> SafeString:
    """A countdown that the browser keeps running ("还剩 06:41", "已超 02:10"); still when `done_at` is given."""
    if due_at is None:
        return format_html("<span class='text-secondary'>{}</span>", "—")
    local = timezone.localtime(due_at)
    return format_html(
        "<time class='timer' datetime='{}' data-due='{}' data-start='{}' data-done='{}' title='{}'>{}</time>",
        due_at.isoformat(),
        int(due_at.timestamp() * 1000),
        int(started_at.timestamp() * 1000) if started_at else "",
        int(done_at.timestamp() * 1000) if done_at else "",
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local:%H:%M}",
    )


@register.simple_tag
def moment(at: datetime | None, *, seconds: bool = False) -> SafeString:
    """A time of day in the user's zone, with the full date on hover."""
    if at is None:
        return format_html("—")
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
