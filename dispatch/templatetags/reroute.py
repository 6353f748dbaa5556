"""Figures as the reroute pages show them."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def signed_percent(change: float | Decimal) -> str:
    """0.0623 → "+6.2%"; -0.01 → "−1.0%"; a change that rounds to nothing is "0.0%"."""
    shown = f"{abs(float(change)) * 100:.1f}%"
    if shown == "0.0%":
        return shown
    return f"{'+' if change > 0 else '−'}{shown}"


@register.filter
def fine_percent(share: float) -> str:
    """0.00053 → "0.053%"."""
    return f"{share * 100:.3f}%"


@register.filter
def css_number(value: float) -> str:
    """A number as CSS wants it, whatever the language."""
    return f"{value:.2f}"


@register.filter
def share_width(share: float | None) -> str:
    """A share as the percent of a bar's width."""
    return css_number(100 * (share or 0.0))


@register.filter
def rest_width(share: float | None) -> str:
    return css_number(100 - 100 * (share or 0.0))


@register.filter
def grouped(number: int) -> str:
    """4210 → "4,210", in every language: a long number must be read at a glance."""
    return f"{number:,}"


@register.filter
def yuan(amount: Decimal, places: int = 0) -> str:
    """12370.4 → "¥12,370"."""
    return f"¥{amount:,.{places}f}"


@register.filter
def fine_share(share: float) -> str:
    """0.0312 → "3.1 %"."""
    return f"{share * 100:.1f} %"


@register.filter
def signed(number: int) -> str:
    """1204 → "+1,204"; 0 → "0"."""
    return f"{number:+,}".replace("-", "−") if number else "0"


@register.filter
def signed_yuan(amount: Decimal | None) -> str:
    """-1204.4 → "−¥1,204"; None → "—"."""
    if amount is None:
        return "—"
    whole = round(amount)
    return "¥0" if not whole else f"{'+' if whole > 0 else '−'}¥{abs(whole):,}"


@register.filter
def signed_points(share: float | None) -> str:
    """0.034 → "+3.4%" as a difference of two shares; None → "—"."""
    return "—" if share is None else signed_percent(share)
