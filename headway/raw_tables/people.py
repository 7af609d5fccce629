"""Where raw rows name people: columns that hold an identity, and texts in which identities stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pyarrow as pa

__all__ = ["IDENTITIES", "TEXTS", "identity_groups", "renamed"]

IDENTITIES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "commits": (("author_name", "author_email"), ("committer_name", "committer_email")),
    "refs": (("tagger_name",),),
    "change_records": (("author",),),
    "ai_usage": (("author",),),
    "pull_requests": (("author",), ("merged_by",)),
    "pull_request_commits": (("author_name", "author_email", "author_login"),),
    "pull_request_events": (("actor",), ("subject",)),
    "reviews": (("author",),),
    "releases": (("author",),),
}
"""Of each raw table the columns with a name, an address or a log-in; those of one person are together."""
TEXTS: Mapping[str, tuple[str, ...]] = {
    "commits": ("message",),
    "change_records": ("title", "body", "head_ref"),
    "pull_requests": ("title", "body", "head_ref"),
    "pull_request_commits": ("message",),
    "incidents": ("title",),
    "releases": ("name",),
}
"""Columns with texts that people write."""

_NOREPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com", re.IGNORECASE)
# In texts: an address, the name before one in a trailer, a mention, and whose branch it is.
_IN_TEXT = re.compile(
    r"(?P<email>[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?m:^)(?P<key>[A-Za-z][A-Za-z-]{0,40}: )(?P<name>[^<\n]{1,200}?)(?= <)"
    r"|(?<![\w/])@(?P<login>[A-Za-z0-9][\w-]{0,38})"
    r"|(?P<merge>Merge pull request #\d{1,12} from )(?P<owner>[\w-]{1,39})(?=/)"
    r"|\A(?P<branch>[\w-]{1,39})(?=/)"
)


def identity_groups(email_or_name: str) -> tuple[str, ...]:
    """An identity, and the log-in that stands in it where it is an address without reply."""
    match = _NOREPLY.fullmatch(email_or_name)
    return (email_or_name, match[1]) if match else (email_or_name,)


def renamed(table: str, rows: pa.Table, alias: Callable[[str], str]) -> pa.Table:
    """The rows with every identity replaced by what `alias` says, which may be the same."""
    for column in [column for group in IDENTITIES.get(table, ()) for column in group]:
        rows = _of_people(rows, column, _with_values(rows, column, alias))
    for column in TEXTS.get(table, ()):
        rows = _with_values(rows, column, lambda text: _text_renamed(text, alias))
    return rows


def _of_people(rows: pa.Table, column: str, new: pa.Table) -> pa.Table:
    """The new names, but for accounts that the forge says are bots."""
    kind = f"{column}_kind"
    if new is rows or kind not in rows.schema.names:
        return new
    import pyarrow.compute as pc  # where it is needed: commands start with less

    bots = pc.fill_null(pc.equal(rows[kind], "bot"), fill_value=False)
    place = rows.schema.get_field_index(column)
    return new.set_column(place, rows.schema.field(place), pc.if_else(bots, rows[column], new[column]))


def _with_values(rows: pa.Table, column: str, change: Callable[[str], str]) -> pa.Table:
    if column not in rows.schema.names or rows.num_rows == 0:
        return rows
    values = rows[column].combine_chunks().dictionary_encode()
    before = values.dictionary.to_pylist()
    after = [change(value) for value in before]
    if after == before:
        return rows
    new = pa.DictionaryArray.from_arrays(values.indices, pa.array(after, rows.schema.field(column).type))
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), new.dictionary_decode())


def _text_renamed(text: str, alias: Callable[[str], str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        for prefix, identity in (("", "email"), ("key", "name"), ("merge", "owner"), ("", "branch")):
            if match[identity]:
                return (match[prefix] if prefix else "") + alias(match[identity])
        return "@" + alias(match["login"])

    return _IN_TEXT.sub(replacement, text) if any(sign in text for sign in "@/<") else text
