"""Names in two languages: data that people read carries a Chinese and an English name."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import get_language


class Named(models.Model):
    """`name` is the working language's (Chinese) name; `name_en` the English one, blank when it needs none."""

    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)


def in_language(zh: str, en: str) -> str:
    """The one of two texts that suits the active language; the Chinese one when there is no English."""
    return en if en and (get_language() or "").startswith("en") else zh


def in_a_row(names: Iterable[object]) -> str:
    """Several names in one line, with the comma of the active language."""
    return (", " if (get_language() or "").startswith("en") else "、").join(str(name) for name in names)
