"""How satisfied customers were."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from customers.models import Satisfaction

HAPPY = 4


@dataclass(frozen=True)
class Csat:
    """Replies by score. The share is that of scores 4 and 5; None without any reply."""

    by_score: dict[int, int]

    @property
    def replies(self) -> int:
        return sum(self.by_score.values())

    @property
    def happy(self) -> int:
        return sum(number for score, number in self.by_score.items() if score >= HAPPY)

    @property
    def share(self) -> float | None:
        return self.happy / self.replies if self.replies else None


def csat(reference: str) -> Csat:
    """The replies about a matter; a drill's have a matter of their own."""
    rows = Satisfaction.objects.filter(reference=reference).values_list("score").annotate(number=Count("id"))
    found = dict(rows)
    return Csat({score: found.get(score, 0) for score in range(5, 0, -1)})


def comments(reference: str = "") -> list[Satisfaction]:
    """Answers with a comment, low marks first, the newest of a mark first."""
    rows = Satisfaction.objects.exclude(comment="")
    if reference:
        rows = rows.filter(reference=reference)
    return list(rows.order_by("score", "-changed_at")[:200])
