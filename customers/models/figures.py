"""What the figures of the rules may be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator


def between(low: int | str, high: int | str) -> list[Any]:
    """The validators of a rule's figure."""
    return [MinValueValidator(Decimal(low)), MaxValueValidator(Decimal(high))]
