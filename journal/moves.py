"""Nouns that are moved in bulk have one table each: from which state to which."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def sources(moves: Mapping[str, Collection[str]], target: str) -> list[str]:
    """The states from which `target` may be reached."""
    return [str(state) for state, targets in moves.items() if target in targets]
