"""Who acts in an exercise: control (导调), and players in the role of a member of staff."""

from __future__ import annotations

from accounts.actors import EVERYTHING, Actor


def control(exercise_id: int) -> Actor:
    """Exercise control: events, and what no member of staff does."""
    return Actor(kind="drill", key=str(exercise_id), permissions=EVERYTHING)


def player(user_id: int) -> Actor:
    """A scripted player in the role of this person; the journal shows that it was not the person."""
    return Actor(kind="player", key=str(user_id), permissions=EVERYTHING)


def actor_of(text: str) -> Actor:
    """The Actor that a move names. Moves reach only rows of their own exercise, so it may do everything there."""
    kind, _colon, key = text.partition(":")
    if kind not in {"drill", "player"}:
        raise ValueError(f"{text!r} cannot act in an exercise")
    return Actor(kind=kind, key=key, permissions=EVERYTHING)
