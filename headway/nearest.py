"""Suggest the nearest of the accepted names for one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["hint_for"]


def hint_for(word: str, names: Iterable[str], otherwise: str | None = None) -> str:
    """The hint of an error about `word`: the nearest name, or `otherwise`, or all names where none is near."""
    from difflib import get_close_matches

    choices = list(names)
    near = get_close_matches(word.lower(), choices, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return otherwise or f"choose one of {', '.join(choices)}"
