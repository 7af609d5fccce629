"""One value of a record: checked, and turned into what the raw tables keep.

Everything here takes what JSON gave and returns a clean value, or raises `BadValue` in words for the person who wrote
the file. Nothing is repaired in silence: what cannot be right sets the whole line aside.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from headway.repository_names import normalized, repository_at

__all__ = [
    "BadValue",
    "commit_id",
    "count",
    "day",
    "identifier",
    "is_commit_id",
    "labels",
    "moment",
    "money",
    "nearest",
    "one_of",
    "ordinal",
    "repository_id",
    "shown",
    "text",
    "truth",
    "web_address",
]

LARGEST_INTEGER = 2**63 - 1
EARLIEST = datetime(1970, 1, 1)

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)
# How spreadsheets write a time: 02.01.2026 03:04, 1/2/2026, or the days since 1900.
_SPREADSHEET = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?:[ T].*)?|\d{5}(?:[.,]\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII | re.IGNORECASE)
_REPOSITORY = re.compile(r"[a-z][a-z0-9_.+-]*:.+", re.ASCII | re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)


class BadValue(ValueError):
    """What is wrong with a value or a line."""


def shown(value: object, limit: int = 60) -> str:
    """A foreign value for a message: quoted, control characters escaped, cut at `limit` characters."""
    if isinstance(value, list | dict):
        # Only named: it may be nested deeper than can be written out.
        return "a list" if isinstance(value, list) else "an object"
    words = repr(value[: limit + 1] if isinstance(value, str) else value)
    return words if len(words) <= limit else words[:limit] + "…"


def nearest(name: str, names: Collection[str]) -> str | None:
    """The known name that `name` was probably meant to be."""
    matches = difflib.get_close_matches(name[:64].lower(), names, n=1, cutoff=0.6)
    return matches[0] if matches else None


def text(value: Any) -> str:
    """A text that every table and file can hold."""
    if not isinstance(value, str):
        raise BadValue(f"must be a text, not {shown(value)}")
    if value.isascii():
        if "\0" in value:
            raise BadValue("has a NUL character")
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValue("has half of a surrogate pair, which is no character") from None
    if "\0" in value:
        raise BadValue("has a NUL character")
    return value


def identifier(value: Any) -> str:
    """An id of another system: a text, or a whole number written as one."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_INTEGER:
        return str(value)
    return text(value)


def moment(value: Any) -> datetime:
    """An instant as naive UTC, microseconds; what is finer is cut. ISO 8601 with a zone, from 1970 on."""
    written = text(value)
    match = _TIME.fullmatch(written)
    if match is None:
        why = ", as a spreadsheet writes it" if _SPREADSHEET.fullmatch(written) else ""
        raise BadValue(f"must be a time such as 2026-01-02T03:04:05Z, not {shown(written)}{why}")
    zone = match["zone"]
    if zone is None:
        raise BadValue(f"{shown(written)} has no time zone: end it with Z or an offset such as +02:00")
    try:
        if zone in "Zz":
            instant = datetime.fromisoformat(written[:-1])
        else:
            instant = datetime.fromisoformat(written).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise BadValue(f"{shown(written)} is in no calendar") from None
    if instant < EARLIEST:
        raise BadValue(f"{shown(written)} is before 1970: leave an unknown time out")
    return instant


def count(value: Any) -> int:
    """A whole number from 0 that fits 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadValue(f"must be a whole number, not {shown(value)}")
    if not 0 <= value <= LARGEST_INTEGER:
        raise BadValue(f"must be from 0 to {LARGEST_INTEGER}")
    return value


def money(value: Any) -> float:
    """An amount from 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < LARGEST_INTEGER:
        raise BadValue(f"must be an amount from 0, not {shown(value)}")
    return float(value)


def day(value: Any) -> datetime:
    """A date such as 2026-01-31, as its first instant in UTC."""
    written = text(value)
    if not _DAY.fullmatch(written):
        raise BadValue(f"must be a date such as 2026-01-31, not {shown(written)}")
    return moment(f"{written}T00:00Z")


def ordinal(value: Any) -> int:
    """A whole number from 1 that fits 64 bits."""
    if count(value) == 0:
        raise BadValue("must be at least 1")
    return int(value)


def truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false, not {shown(value)}")
    return value


def is_commit_id(written: str) -> bool:
    """Whether it is a full commit id: 40 or 64 hexadecimal digits."""
    return _COMMIT.fullmatch(written) is not None


def commit_id(value: Any) -> str:
    """A full commit id, 40 or 64 hexadecimal digits, in small letters."""
    written = text(value)
    if not is_commit_id(written):
        raise BadValue(f"must be a full commit id (40 or 64 hexadecimal digits), not {shown(written)}")
    return written.lower()


def repository_id(value: Any) -> str:
    """`<provider>:<repo>`, as other sources call it: without `.git`, an address or a slash at its end."""
    written = text(value)
    name = written.partition(":")[2]
    if name.startswith("//"):
        spelled = repository_at(written) or "<provider>:<repo> such as github:acme/checkout"
        raise BadValue(f"must be {spelled}, not the address {shown(written)}")
    if not _REPOSITORY.fullmatch(written):
        raise BadValue(f"must name its provider, such as github:acme/checkout; {shown(written)} does not")
    if not written.isprintable() or name != name.strip():
        raise BadValue(f"{shown(written)} has a blank at an end or a character that cannot be shown")
    repo_id = normalized(written)
    if "://" in repo_id or repo_id.endswith(":"):
        raise BadValue(f"{shown(written)} names another provider than its address does, or no repository")
    return repo_id


def web_address(value: Any) -> str:
    """An http or https address: reports make links of it."""
    written = text(value)
    if not _WEB.fullmatch(written):
        raise BadValue(f"must be an http or https address, not {shown(written)}")
    return written


def labels(value: Any) -> str:
    """A list of label names, one a line."""
    if not isinstance(value, list):
        raise BadValue(f"must be a list of texts, not {shown(value)}")
    names = [text(name) for name in value]
    if any("\n" in name or "\r" in name for name in names):
        raise BadValue("has a label with a line break")
    return "\n".join(name for name in names if name)


def one_of(*allowed: str) -> Callable[[Any], str]:
    """A check for one of some words, which names the nearest one to a wrong one."""

    def check(value: Any) -> str:
        word = text(value)
        if word in allowed:
            return word
        guess = nearest(word, allowed)
        reason = f"perhaps {guess!r}" if guess else f"not one of {', '.join(allowed)}"
        raise BadValue(f"is {shown(word)}, {reason}")

    return check
