"""The GraphQL documents: a file for each query and each fragment, combined by the fragments that they use."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

__all__ = ["EVENT_TYPES", "document", "fragments_for", "queries"]

EVENT_TYPES = (
    "READY_FOR_REVIEW_EVENT",
    "CONVERT_TO_DRAFT_EVENT",
    "REVIEW_REQUESTED_EVENT",
    "REVIEW_DISMISSED_EVENT",
    "ADDED_TO_MERGE_QUEUE_EVENT",
    "REMOVED_FROM_MERGE_QUEUE_EVENT",
    "AUTO_MERGE_ENABLED_EVENT",
    "AUTO_SQUASH_ENABLED_EVENT",
    "AUTO_REBASE_ENABLED_EVENT",
    "AUTO_MERGE_DISABLED_EVENT",
    "HEAD_REF_FORCE_PUSHED_EVENT",
    "BASE_REF_CHANGED_EVENT",
    "CLOSED_EVENT",
    "REOPENED_EVENT",
    "MERGED_EVENT",
    "DEPLOYED_EVENT",
)
_FRAGMENT = re.compile(r"^fragment (\w+) on .*?^}\n", re.MULTILINE | re.DOTALL)
_SPREAD = re.compile(r"\.\.\.([A-Z]\w*)")
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)


@cache
def document(name: str) -> str:
    """A query by its name, such as `PullRequests`, with all fragments that it spreads."""
    query = _texts()[0][name]
    return query + fragments_for(query)


def fragments_for(text: str) -> str:
    """The fragments that a text spreads, and those that they spread, in alphabetical order."""
    fragments = _texts()[1]
    names: set[str] = set()
    waiting = _SPREAD.findall(text)
    while waiting:
        if (name := waiting.pop()) not in names:
            names.add(name)
            waiting += _SPREAD.findall(fragments[name])
    return "".join(fragments[name] for name in sorted(names))


def queries() -> tuple[str, ...]:
    """The names of all queries."""
    return tuple(sorted(_texts()[0]))


@cache
def _texts() -> tuple[dict[str, str], dict[str, str]]:
    """Queries and fragments by name, without comments."""
    query_texts: dict[str, str] = {}
    fragments: dict[str, str] = {}
    for file in files(__name__).iterdir():
        if file.name.endswith(".graphql"):
            text = _COMMENT.sub("", file.read_text(encoding="utf-8"))
            fragments |= {match[1]: match[0] for match in _FRAGMENT.finditer(text)}
            if match := re.match(r"query (\w+)", text):
                query_texts[match[1]] = text
    return query_texts, fragments
