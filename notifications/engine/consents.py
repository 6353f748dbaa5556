"""WeChat's consents: one unit, one message; used in the transaction that commits the call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from journal.clock import Now
from notifications.engine.calls import Piece
from notifications.models import Attempt, Consent
from notifications.routes import Routes


def take(calls: Sequence[Piece], routes: Routes) -> dict[int, int]:
    """Lock one consent for each message that has one left; {message id: consent id}. Calls carry one message each."""
    found: dict[int, int] = {}
    for piece in calls:
        (item,) = piece.items
        assert piece.account is not None
        code, _fields = routes.words(piece.account, piece.template)
        left = Consent.objects.filter(openid=item.destination, code=code, used_at=None).exclude(pk__in=found.values())
        unit = left.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True).first()
        if unit is not None:
            found[item.id] = unit
    return found


def use(units: Mapping[int, int], attempts: Iterable[Attempt]) -> None:
    for attempt in attempts:
        (message_id, *_others) = attempt.message_ids
        if message_id in units:
            Consent.objects.filter(pk=units[message_id], used_at=None).update(
                used_at=Now(), attempt=attempt, message_id=message_id
            )


def give_back(attempt: Attempt) -> None:
    """The call surely sent nothing: its consent can be used again."""
    Consent.objects.filter(attempt=attempt).update(used_at=None, attempt=None, message_id=None)
