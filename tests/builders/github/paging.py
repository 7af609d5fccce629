"""Connections: pages of a list, with cursors that stay where they are while the list moves.

A cursor of a list with a key says after which key to go on, so that an item that moved up meanwhile is neither shown
twice nor does it shift the others. A cursor of a list without one is a place, as it is for commits.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from tests.builders.github.problems import Problem

__all__ = ["connect"]

Key = Callable[[Any], tuple[Any, ...]]


def connect(
    items: Sequence[Any],
    arguments: dict[str, Any],
    key: Key | None = None,
    wrap: Callable[[Any], Any] | None = None,
) -> dict[str, Any]:
    """A page of `items`, which are in the order of `key`; `wrap` makes the nodes of it."""
    start, end = _bounds(items, arguments, key)
    total = len(items)
    page = range(start, end)
    nodes = [wrap(items[place]) if wrap else items[place] for place in page]
    return {
        "totalCount": total,
        "filteredCount": total - start,
        "pageCount": len(nodes),
        "nodes": nodes,
        "edges": lambda _info: [
            {"node": node, "cursor": _cursor(items, place, key)} for node, place in zip(nodes, page, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": end < total,
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(items, start, key) if nodes else None,
            "endCursor": _cursor(items, end - 1, key) if nodes else None,
        },
    }


def _bounds(items: Sequence[Any], arguments: dict[str, Any], key: Key | None) -> tuple[int, int]:
    after, before = arguments.get("after"), arguments.get("before")
    first, last = arguments.get("first"), arguments.get("last")
    start, end = 0, len(items)
    if after is not None:
        start = min(_place(items, after, key, bisect_right), end)
    if before is not None:
        end = max(_place(items, before, key, bisect_left), start)
    if first is not None:
        end = min(end, start + first)
    elif last is not None:
        start = max(start, end - last)
    else:
        end = start
    return start, end


def _cursor(items: Sequence[Any], place: int, key: Key | None) -> str:
    mark = json.dumps(key(items[place]) if key else place + 1, separators=(",", ":"))
    return base64.b64encode(f"cursor:v2:{mark}".encode()).decode()


def _place(items: Sequence[Any], cursor: str, key: Key | None, side: Callable[..., int]) -> int:
    try:
        mark = json.loads(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:v2:"))
        if key:
            return side(items, tuple(mark), key=key)
        return int(mark) if side is bisect_right else int(mark) - 1
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError):
        raise Problem("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from None
