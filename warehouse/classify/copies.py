"""Reverts and backports: which change they copy, so that they can take its class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.classify.facts import ChangeFacts
from warehouse.classify.message import number_in, split_message, squashed_parts

__all__ = ["copied_from", "keys_of"]

_SHA_CHARACTERS = 7
_PICKED = re.compile(r"^[(]?cherry[- ]picked from commit [0-9a-f]{7}", re.MULTILINE)
_SHA = re.compile(
    r"(?:reverts commit|cherry[- ]picked from(?: commit)?|backport of(?: commit)?)[ \t\n]+([0-9a-f]{7,64})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:reverts?|back-?ports?(?:ed)?(?: of| from)?|cherry[- ]pick(?:ed|s)?(?: of| from)?)[ :]+(?:pull request |pr )?"
    r"(?:[\w.-]+/[\w.-]+)?#?(\d{2,9})\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'revert "(.{1,300})"', re.IGNORECASE)


def copied_from(change: ChangeFacts) -> tuple[str, ...]:
    """What a revert or backport names: commit ids, `#number`; empty for a change that copies nothing.

    A squash whose list of commits holds a revert is none: only its subject, or a message of one piece, can say so.
    """
    subject, body = split_message(change.landing.message) if change.landing is not None else (change.title, "")
    titles = f"{change.title}\n{subject}"
    lower = titles.lower()
    in_title = "revert" in lower or "backport" in lower or "back-port" in lower or "cherry" in lower
    if not in_title and ("picked from" not in body or _PICKED.search(body) is None or squashed_parts(body)):
        return ()
    text = "\n".join(part for part in (titles, body[:4000], change.body[:4000]) if part)
    return tuple(dict.fromkeys(_named(text, subject)))


def _named(text: str, subject: str) -> Iterator[str]:
    yield from (sha.lower() for sha in _SHA.findall(text))
    quoted = _QUOTED.search(subject)
    if quoted is not None and (number := number_in(quoted[1])):
        yield f"#{number}"
    yield from (f"#{number}" for number in _NUMBER.findall(text))


def keys_of(change: ChangeFacts) -> Iterator[str]:
    """The names under which other changes may copy this one."""
    identity = change.change_id.rpartition("#")[2] if "#" in change.change_id else ""
    if identity.isdigit():
        yield f"#{identity}"
    if change.landing is not None:
        number = number_in(change.landing.message.partition("\n")[0])
        if number and number != identity:
            yield f"#{number}"
        yield change.landing.sha
    yield from (commit.sha for commit in change.commits)
