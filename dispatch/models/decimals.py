from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Base = models.DecimalField[Any, Any]
else:
    Base = models.DecimalField


class ExactDecimalField(Base):
    """A decimal kept digit for digit (PostgreSQL `numeric`): nothing is rounded on its way into the table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 60)
        kwargs.setdefault("decimal_places", 30)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "numeric"
