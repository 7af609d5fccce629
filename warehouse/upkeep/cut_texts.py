"""Texts without what nobody reads: of messages and descriptions the lines that a rule reads, and blanks for the rest.

The first line stays, and every line by which changes are found (numbers, addresses, ids, trailers, reverts) or that may
tell of AI work. Blanks have the length of what was there, so whatever counts lines or characters counts the same. Where
any reader would read something else, the text stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from headway.forge_words import holding
from headway.raw_tables.people import with_values
from headway.settings import Settings
from warehouse.classify import ChangeFacts, CommitFacts, Rules, RuleSettings
from warehouse.classify.signs.copies import copied_from
from warehouse.classify.signs.message import merged_into, squashed_parts
from warehouse.classify.signs.topic import title_of as title_below
from warehouse.models.changes.commit_messages import (
    diff_number,
    landed_by_words,
    named_addresses,
    picked_from,
    read_landing,
    reverted,
    reverted_diffs,
    reverted_title,
    title_of,
)

__all__ = ["CUT", "CutTexts"]

CUT: Mapping[str, str] = {
    "commits": "message",
    "pull_request_commits": "message",
    "change_records": "body",
    "pull_requests": "body",
}
"""The raw columns whose texts are cut."""
_KINDS = ("merge", "branch", "landed", "closes", "revert", "pick", "diff")
# A number, an address, an id with letters and digits, a trailer, a commit of a squash, a check box, a comment, a fence,
# a request of a batch, and what has no letter.
_READ = re.compile(
    r"[#!]\d|://|[A-Za-z][-_]?\d|\d[-_]?[A-Za-z]|^[ \t>*]*[A-Za-z][A-Za-z-]{0,40}: |^\* |^[ \t]*[*+-] \[|<!--|-->|```"
    r"|^\d+: |^[\W_]*$"
)
_MOST_PARTS = 100
_LETTER = re.compile(r"\S")


class CutTexts:
    """Cuts texts as the settings for AI work and reviews read them."""

    def __init__(self, settings: Settings) -> None:
        self._rules = Rules.load(RuleSettings.of(settings.ai))
        self._differential = settings.git.differential
        self._held = re.compile("|".join(filter(None, (holding(kind) for kind in _KINDS))))

    def rows(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows of a table with its texts cut."""
        column = CUT.get(table)
        if column is None:
            return rows
        return with_values(rows, column, self.message if column == "message" else self.body)

    def message(self, text: str) -> str:
        """A commit's message: its subject, and of its body what is read."""
        subject, line_feed, body = text.partition("\n")
        head = f"{subject}{line_feed}"
        if subject.startswith("Merge"):  # a merge has the title of its request below
            blank = len(body) - len(body.lstrip())
            title, line_end, rest = body[blank:].partition("\n")
            head, body = f"{head}{body[:blank]}{title}{line_end}", rest
        return head + self._cut(head, body)

    def body(self, text: str) -> str:
        """A description: what is read of it."""
        return self._cut("-\n", text)  # below a title of no words

    def _cut(self, head: str, body: str) -> str:
        """A body without what nobody reads, behind what stays: without all such lines, else paragraph by paragraph."""
        if not body.strip():
            return body
        before = self._readings(head + body)
        lines = self._lines(body)
        if lines == body or self._readings(head + lines) == before:
            return lines
        parts = body.split("\n\n")
        for place, part in enumerate(parts if len(parts) <= _MOST_PARTS else ()):
            parts[place] = self._lines(part)
            if parts[place] != part and self._readings(head + "\n\n".join(parts)) != before:
                parts[place] = part
        return "\n\n".join(parts)

    def _lines(self, body: str) -> str:
        """The lines by which changes are found."""
        lines = body.split("\n")
        return "\n".join(
            line if _READ.search(line) or self._held.search(line) else _LETTER.sub(" ", line) for line in lines
        )

    def _readings(self, text: str) -> tuple[Any, ...]:
        subject, _, body = text.partition("\n")
        landed = ChangeFacts("", landing=CommitFacts("", "", "", message=text))
        return (
            self._rules.text_evidence(subject, body),
            landing := read_landing(text, merge=True),
            [title_of(text, number) for number in landing.numbers],
            read_landing(text, merge=False),
            [self._rules.text_evidence("", part) for part in squashed_parts(body)],
            title_below(landed),
            copied_from(landed),
            merged_into((body,)),
            landed_by_words(text, differential=self._differential),
            reverted(text),
            reverted_title(text),
            reverted_diffs(text),
            diff_number(text),
            picked_from(text),
            tuple(named_addresses(text)),
        )
