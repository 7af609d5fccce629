"""Where raw rows name people: columns that hold an identity, and texts in which identities stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pyarrow as pa

__all__ = [
    "IDENTITIES",
    "MARK",
    "TEXTS",
    "Renaming",
    "identity_groups",
    "login_of",
    "renamed",
    "shown_name",
    "with_values",
    "without_marks",
]

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
    "added_lines": ("line",),
}
"""Columns with texts that people write."""
MARK = "anonymous"
"""How a mark begins, which takes the place of a person where no names are stored; twelve letters follow."""

_NOREPLY = re.compile(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com", re.IGNORECASE)
# Only of these events the subject is a person: else it is a review, an environment, a branch, a number.
_REQUEST = "review_requested"
_ADDRESS = r"(?<![\w.+%-])(?!git@)[\w.+%-]+@(?:[\w-]+\.)+[A-Za-z]{2,24}(?![\w@])"
# In texts: who signs a trailer, an address, a mention (no package, no code), and whose branch it is.
_IN_TEXT = re.compile(
    rf"(?m:^)(?P<key>[A-Za-z][A-Za-z-]{{0,40}}: )(?P<name>[^<\n]{{1,200}}?) <(?P<address>{_ADDRESS})>"
    r"|(?m:^)(?P<by>(?i:signed-off|reviewed|acked|tested|reported|suggested|helped|approved|co-authored)-by: )"
    r"(?P<signer>[^<@\n]{1,200}?)(?=\r?$)"
    rf"|(?P<email>{_ADDRESS})"
    r"|(?<![\w/@.`])@(?P<login>[A-Za-z0-9][\w-]{0,38})(?![\w/-]|\.\w)"
    r"|(?P<merge>Merge pull request #\d{1,12} from )(?P<owner>[\w-]{1,39})(?=/)",
    re.MULTILINE,
)
# In manifests of packages: who wrote the package. A name of a package has no space.
_ON_PEOPLE = re.compile(
    rf"{_ADDRESS}|(?:^|[\s.(,{{\"'<])(?:author|maintainer|contributor|developer|contact)\w{{0,8}}[\"']?\s*[:=>(\[]"
    r"|\bname[\"']?\s*(?:=>|[:=>])\s*[\"']?\w[^\"'\n<]*\s\w"
)
_LONGEST_ON_PEOPLE = 300
_OWNER = re.compile(r"[\w-]{1,39}(?=/)")
_MARKED = re.compile(f"{MARK}[a-p]{{12}}")
_OWN_BRANCHES = {"head_ref"}


def _nobody(name: str, email: str) -> bool:
    del name, email
    return False


def _no_signs(branch: str) -> tuple[str, ...]:
    del branch
    return ()


class Alias(Protocol):
    """What is in the place of an identity in a column; in a text the name of the column is empty."""

    def __call__(self, identity: str, column: str) -> str: ...


@dataclass(frozen=True)
class Renaming:
    """How people are renamed: `alias` says what is in the place of an identity, which may be the same.

    `stays`: whether whoever signs a trailer, by name and address, is no person. `signs_in`: which marks of bots and
    agents a branch has. `everyone`: all people are renamed, so a folder of branches is an owner only where an account
    of the rows has that log-in, and lines of manifests that name people are emptied.
    """

    alias: Alias
    stays: Callable[[str, str], bool] = _nobody
    signs_in: Callable[[str], tuple[str, ...]] = _no_signs
    everyone: bool = False


def shown_name(name: str | None) -> str:
    """A name as reports show it: empty where it is a mark."""
    return "" if name is None or _MARKED.match(name) else name


def without_marks(text: str) -> str:
    """A text without the marks in it."""
    return _MARKED.sub("", text)


def login_of(address: str) -> str:
    """The log-in in GitHub's address without reply, empty in any other."""
    match = _NOREPLY.fullmatch(address)
    return match[1] if match else ""


def identity_groups(email_or_name: str) -> tuple[str, ...]:
    """An identity, and the log-in that stands in it where it is an address without reply."""
    login = login_of(email_or_name)
    return (email_or_name, login) if login else (email_or_name,)


def renamed(table: str, rows: pa.Table, renaming: Renaming) -> pa.Table:
    """The rows with every identity replaced by what `renaming` says."""
    owners = _accounts(table, rows) if renaming.everyone else None
    for column in [column for group in IDENTITIES.get(table, ()) for column in group]:
        rows = _of_people(rows, column, with_values(rows, column, partial(renaming.alias, column=column)))
    if table == "added_lines" and renaming.everyone:
        rows = with_values(rows, "line", _line_without_people)
    for column in TEXTS.get(table, ()):
        rows = with_values(rows, column, partial(_text_renamed, renaming=renaming))
        if column in _OWN_BRANCHES or not renaming.everyone:
            rows = with_values(rows, column, partial(_branch_renamed, renaming=renaming, owners=owners))
    return rows


def _accounts(table: str, rows: pa.Table) -> set[str]:
    """The log-ins of people in the rows, in small letters."""
    accounts: set[str] = set()
    for column in [column for group in IDENTITIES.get(table, ()) for column in group if column in rows.schema.names]:
        kind = f"{column}_kind"
        kinds = rows[kind].to_pylist() if kind in rows.schema.names else [None] * rows.num_rows
        named = zip(rows[column].to_pylist(), kinds, strict=True)
        accounts.update(name.casefold() for name, kind_of_it in named if name and kind_of_it != "bot")
    return accounts


def _of_people(rows: pa.Table, column: str, new: pa.Table) -> pa.Table:
    """The new names, but for accounts that the forge says are bots, and what is no account."""
    kind = "kind" if column == "subject" else f"{column}_kind"
    if new is rows or kind not in rows.schema.names:
        return new
    import pyarrow.compute as pc  # where it is needed: commands start with less

    stays = pc.not_equal(rows[kind], _REQUEST) if kind == "kind" else pc.equal(rows[kind], "bot")
    place = rows.schema.get_field_index(column)
    column_after = pc.if_else(pc.fill_null(stays, fill_value=False), rows[column], new[column])
    return new.set_column(place, rows.schema.field(place), column_after)


def with_values(rows: pa.Table, column: str, change: Callable[[str], str]) -> pa.Table:
    """The rows with every text of a column replaced by what `change` makes of it."""
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


def _text_renamed(text: str, renaming: Renaming) -> str:
    alias = partial(renaming.alias, column="")

    def replacement(match: re.Match[str]) -> str:
        if match["key"]:
            before = match["name"], match["address"]
            after = alias(before[0]), alias(before[1])
            if renaming.stays(*before):  # by the address, by the name, or by both
                name_alone = (before[0], after[1]) if renaming.stays(before[0], "") else after
                forms = (name_alone, after, before)
                after = next(signer for signer in forms if signer == before or renaming.stays(*signer))
            return f"{match['key']}{after[0]} <{after[1]}>"
        if match["by"]:
            return match[0] if renaming.stays(match["signer"], "") else match["by"] + alias(match["signer"])
        if match["email"]:
            return alias(match["email"])
        if match["merge"]:
            return match["merge"] + alias(match["owner"])
        return match[0] if renaming.stays(match["login"], "") else "@" + alias(match["login"])

    return _IN_TEXT.sub(replacement, text) if any(sign in text for sign in "@/:") else text


def _line_without_people(line: str) -> str:
    return "" if len(line) <= _LONGEST_ON_PEOPLE and _ON_PEOPLE.search(line) else line


def _branch_renamed(branch: str, renaming: Renaming, owners: set[str] | None) -> str:
    """A branch with its owner renamed: what is before the first slash, where that is one of `owners` (None: anyone)."""
    match = _OWNER.match(branch)
    if match is None or (owners is not None and match[0].casefold() not in owners):
        return branch
    after = renaming.alias(match[0], "") + branch[match.end() :]
    return after if renaming.signs_in(after) == renaming.signs_in(branch) else branch
