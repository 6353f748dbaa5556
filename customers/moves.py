"""From which state to which the nouns of care move in bulk. Every statement that moves them names both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from customers.models import ChoiceState, GrantState
from journal.moves import sources

GRANT_MOVES: Mapping[str, frozenset[str]] = {
    GrantState.PROPOSED: frozenset({GrantState.APPROVED, GrantState.REJECTED}),
    GrantState.APPROVED: frozenset({GrantState.GRANTED, GrantState.REJECTED}),
    GrantState.GRANTED: frozenset({GrantState.EXPORTED, GrantState.PAID}),
    GrantState.EXPORTED: frozenset({GrantState.PAID}),
    GrantState.PAID: frozenset(),
    GrantState.REJECTED: frozenset(),
}

# A customer chooses anew while nobody acted; after a refusal, too.
CHOICE_MOVES: Mapping[str, frozenset[str]] = {
    ChoiceState.NOTED: frozenset({ChoiceState.NOTED, ChoiceState.ASKED}),
    ChoiceState.ASKED: frozenset(
        {ChoiceState.NOTED, ChoiceState.ASKED, ChoiceState.TAKEN, ChoiceState.DONE, ChoiceState.REFUSED}
    ),
    ChoiceState.TAKEN: frozenset({ChoiceState.DONE, ChoiceState.REFUSED}),
    ChoiceState.REFUSED: frozenset({ChoiceState.NOTED, ChoiceState.ASKED}),
    ChoiceState.DONE: frozenset(),
}


def move(rows: QuerySet[Any], moves: Mapping[str, frozenset[str]], target: str, **fields: Any) -> int:
    """Move those of `rows` that may become `target`, and leave the others as they are; return how many moved."""
    return rows.filter(state__in=sources(moves, target)).update(state=target, **fields)
