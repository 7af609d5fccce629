"""Convert values of GitHub's answers to values of rows. An undocumented value raises: it never becomes a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

__all__ = ["Account", "account", "commit_moment", "login_of", "moment", "next_cursor", "shown", "text", "whole"]

_LONGEST_SHOWN = 200
# GitHub's tokens and JWTs: a proxy may repeat what it was sent.
_SECRET = re.compile(r"gh[a-z]_\w{10,}|github_pat_\w{10,}|eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]{5,}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Account(NamedTuple):
    """An account: a log-in and `person` or `bot`; both None if the account is gone."""

    login: str | None
    kind: str | None


def account(actor: Mapping[str, Any] | None) -> Account:
    """The account of a GraphQL actor. A bot gets the ending `[bot]` that GitHub shows everywhere but in GraphQL."""
    if actor is None:
        return Account(None, None)
    login = text(actor["login"])
    if login.endswith("[bot]"):
        return Account(login, "bot")
    if actor["__typename"] == "Bot":
        return Account(f"{login}[bot]", "bot")
    return Account(login, "person")


def login_of(actor: Mapping[str, Any] | None) -> str | None:
    """The log-in of an actor."""
    return account(actor).login


def moment(value: str | None) -> datetime | None:
    """A time in ISO 8601 with its zone, as naive UTC; None for None and empty text. ValueError for anything else."""
    if not value:
        return None
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError(f"a time without its zone: {value!r}")
    return at.astimezone(UTC).replace(tzinfo=None)


def commit_moment(value: str | None) -> datetime | None:
    """The time of a commit, which the author's machine writes: None for an invalid one."""
    try:
        return moment(value)
    except (ValueError, OverflowError):
        return None


def text(value: str | None) -> str:
    """Text that Parquet and SQL can hold: no NUL and no half of a surrogate pair; None is empty."""
    if value is None:
        return ""
    return _UNSTORABLE.sub("�", value)


def next_cursor(info: Mapping[str, Any], before: str | None) -> str | None:
    """The cursor of the next page, None at the end of a list; ValueError for a cursor that does not advance."""
    if not info["hasNextPage"]:
        return None
    cursor = info["endCursor"]
    if not isinstance(cursor, str) or cursor == before:
        raise ValueError("a page cursor that does not advance")
    return cursor


def whole(value: object) -> int | None:
    """A whole number or None; TypeError for anything else, so that a changed format is noticed."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"not a whole number: {value!r}")


def shown(value: object) -> str:
    """Text from outside for a message: one line, no control characters, not too long."""
    value = _SECRET.sub("***", str(value))
    line = "".join(letter if letter.isprintable() else " " for letter in str(value)).strip()
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
