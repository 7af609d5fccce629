"""Read the rest of lists that did not fit on a page, for many objects in one request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from collectors.github.api.client import Client
from collectors.github.api.page_size import AdaptivePager
from collectors.github.api.signals import Gone
from collectors.github.documents import EVENT_TYPES

__all__ = ["Lost", "PageRequest", "next_pages"]

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


class PageRequest(NamedTuple):
    """A request for the next pages of an object's lists: the name of each list and its cursor."""

    id: str
    type: str
    lists: tuple[tuple[str, str], ...]


Pages = dict[str, dict[str, Any]]


class Lost(Enum):
    """Why there is no page."""

    GONE = 0
    UNREADABLE = 1


def next_pages(client: Client, requests: Sequence[PageRequest]) -> Iterator[tuple[PageRequest, Pages | Lost]]:
    """Yield for each request its pages by name of the list; one query serves twenty objects."""
    pager = AdaptivePager(client, _AT_ONCE)
    waiting = list(requests)
    while waiting:
        some = pager.ask_or_leave(lambda: _read_some(client, waiting[: pager.size], pager.step))
        if some is None:
            some = [(waiting[0], Lost.UNREADABLE)]
        yield from some
        del waiting[: len(some)]


def _read_some(client: Client, requests: list[PageRequest], step: int) -> list[tuple[PageRequest, Pages | Lost]]:
    variables: dict[str, Any] = {"size": max(_PAGE >> step, 1)}
    for place, request in enumerate(requests):
        variables[f"i{place}"] = request.id
        variables |= {f"{name}{place}": cursor for name, cursor in request.lists}
    if any(_TIMELINE in dict(request.lists) for request in requests):
        variables["eventTypes"] = EVENT_TYPES
    try:
        data = client.query(_text(requests), variables)
    except Gone:
        # One of them is gone; single requests show which.
        return [(requests[0], Lost.GONE)] if len(requests) == 1 else _read_some(client, requests[:1], step)
    return [(request, data[f"x{place}"]) for place, request in enumerate(requests)]


def _text(requests: list[PageRequest]) -> str:
    """A query with an alias for each object."""
    declared, fields = ["$size: Int!"], []
    if any(_TIMELINE in dict(request.lists) for request in requests):
        declared.append("$eventTypes: [PullRequestTimelineItemsItemType!]!")
    for place, request in enumerate(requests):
        declared += [f"$i{place}: ID!", *(f"${name}{place}: String!" for name, _ in request.lists)]
        lists = " ".join(_list(name, place) for name, _ in request.lists)
        fields.append(f"  x{place}: node(id: $i{place}) {{ ... on {request.type} {{ {lists} }} }}\n")
    return f"query Overflow({', '.join(declared)}) {{\n{''.join(fields)}}}\n"


def _list(name: str, place: int) -> str:
    types = ", itemTypes: $eventTypes" if name == _TIMELINE else ""
    return f"{name}(first: $size, after: ${name}{place}{types}) {{ ...{_FRAGMENTS[name]} }}"
