"""The rest of lists that did not fit on a page: of many objects in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from collectors.github.api.client import Client
from collectors.github.api.page_size import Patience
from collectors.github.api.signals import Gone
from collectors.github.documents import EVENT_TYPES

__all__ = ["Lost", "Want", "next_pages"]

_AT_ONCE = 20
_PAGE = 100
_TIMELINE = "timelineItems"
_FRAGMENTS = {
    "labels": "LabelPage",
    "commits": "CommitPage",
    "reviews": "ReviewPage",
    _TIMELINE: "EventPage",
    "statuses": "StatusPage",
}


class Want(NamedTuple):
    """The next pages of lists of one object: name of the list and cursor after which it goes on."""

    id: str
    type: str
    lists: tuple[tuple[str, str], ...]


Pages = dict[str, dict[str, Any]]


class Lost(Enum):
    """Why there is no page."""

    GONE = 0
    UNREADABLE = 1


def next_pages(client: Client, wants: Sequence[Want]) -> Iterator[tuple[Want, Pages | Lost]]:
    """The pages wanted by name of the list, of twenty objects at a time."""
    patience = Patience(client, _AT_ONCE)
    waiting = list(wants)
    while waiting:
        some = patience.ask_or_leave(lambda: _some(client, waiting[: patience.size], patience.step))
        if some is None:
            some = [(waiting[0], Lost.UNREADABLE)]
        yield from some
        del waiting[: len(some)]


def _some(client: Client, wants: list[Want], step: int) -> list[tuple[Want, Pages | Lost]]:
    variables: dict[str, Any] = {"size": max(_PAGE >> step, 1)}
    for place, want in enumerate(wants):
        variables[f"i{place}"] = want.id
        variables |= {f"{name}{place}": cursor for name, cursor in want.lists}
    if any(_TIMELINE in dict(want.lists) for want in wants):
        variables["eventTypes"] = EVENT_TYPES
    try:
        data = client.query(_text(wants), variables)
    except Gone:
        # One of them is; which, shows when they are asked for one by one.
        return [(wants[0], Lost.GONE)] if len(wants) == 1 else _some(client, wants[:1], step)
    return [(want, data[f"x{place}"]) for place, want in enumerate(wants)]


def _text(wants: list[Want]) -> str:
    """A query with an alias for each object."""
    declared, fields = ["$size: Int!"], []
    if any(_TIMELINE in dict(want.lists) for want in wants):
        declared.append("$eventTypes: [PullRequestTimelineItemsItemType!]!")
    for place, want in enumerate(wants):
        declared += [f"$i{place}: ID!", *(f"${name}{place}: String!" for name, _ in want.lists)]
        lists = " ".join(_list(name, place) for name, _ in want.lists)
        fields.append(f"  x{place}: node(id: $i{place}) {{ ... on {want.type} {{ {lists} }} }}\n")
    return f"query Overflow({', '.join(declared)}) {{\n{''.join(fields)}}}\n"


def _list(name: str, place: int) -> str:
    types = ", itemTypes: $eventTypes" if name == _TIMELINE else ""
    return f"{name}(first: $size, after: ${name}{place}{types}) {{ ...{_FRAGMENTS[name]} }}"
