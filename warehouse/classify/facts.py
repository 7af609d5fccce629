"""The input and the output of the rules, as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

__all__ = ["SHARE_RULE", "ChangeFacts", "CommitFacts", "Evidence", "LineAttribution", "Verdict"]

# Control characters, line and paragraph ends, marks that turn the direction of text, halves of characters.
_CONTROL = dict.fromkeys(
    (
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x200E, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ),
    " ",
)
_MATCHED_CHARACTERS = 60
_LINE_CHARACTERS = 400
_SHOWN_PER_AXIS = 3
SHARE_RULE = "map-share"
"""The rule of evidence that a change has from its repository: the share of AI work there."""
_TIERS = {"override": "override", "attribution": "commit", "author-day": "author_day"}


class LineAttribution(NamedTuple):
    """Lines of one commit by who wrote them, as a tool recorded them in a Git note or its vendor exports them.

    `human_lines` is None where not known; `exported` is whether a record of the vendor has it, and no note.
    """

    ai_lines: int
    human_lines: int | None
    tools: tuple[str, ...] = ()
    exported: bool = False


class CommitFacts(NamedTuple):
    """One commit. `committed_at` is naive UTC; `added_lines` are pairs of path ("" where unknown) and added line."""

    sha: str
    author_name: str
    author_email: str
    committer_name: str = ""
    committer_email: str = ""
    committed_at: datetime | None = None
    message: str = ""
    paths: tuple[str, ...] = ()
    added_lines: tuple[tuple[str, str], ...] = ()
    attribution: LineAttribution | None = None
    used_that_day: tuple[str, ...] = ()
    """Tools that its author used on its day, as their vendors recorded; nothing says that it was for this commit."""


class ChangeFacts(NamedTuple):
    """One change: a pull request with its own commits, or the landing commit alone.

    `change_id` is `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`; `author` is a log-in, `author_kind`
    `person`, `bot` or None; `landing` is the merge, squash or direct commit and is not among `commits`.
    """

    change_id: str
    title: str = ""
    body: str = ""
    author: str = ""
    author_kind: str | None = None
    head_ref: str = ""
    labels: tuple[str, ...] = ()
    commits: tuple[CommitFacts, ...] = ()
    landing: CommitFacts | None = None


class Evidence(NamedTuple):
    """One piece of evidence: the rule, where it looked (`field`), the text that it matched, and its weight."""

    axis: str
    rule: str
    field: str
    matched: str
    weight: float

    def text(self) -> str:
        """The evidence in a few words, on one line, without control characters."""
        matched = self.matched[: _MATCHED_CHARACTERS + 1]
        if not matched.isprintable():
            matched = matched.translate(_CONTROL)
        if len(matched) > _MATCHED_CHARACTERS:
            matched = matched[: _MATCHED_CHARACTERS - 1] + "…"
        return f'{self.axis} {self.rule} {self.field} "{matched}"'


class Verdict(NamedTuple):
    """The answer to both questions, with its reasons.

    `built_with_ai` is `agent`, `assisted`, `none` (no AI mark: a lower bound, not a proof) or `automation`. Confidences
    are `strong`, `weak`, or empty where nothing was found; a `builds_ai` of False that is `weak` was a near miss.
    `marked_share` is the share of the change's own commits with an AI mark, 0 to 1; None where some commits are
    marked and it cannot be seen how many. `tier` is where `built_with_ai` comes from: `override`, `commit` (a tool
    recorded its commits), `mark`, `author_day` (a tool recorded that its author used it that day), or empty.
    `probability` is that of AI work by all evidence, 0 to 1; `builds_ai` is whether it is a half or more.
    """

    builds_ai: bool
    built_with_ai: str
    confidence_how: str
    confidence_what: str
    marked_share: float | None
    evidence: tuple[Evidence, ...]
    probability: float = 0.0

    @property
    def tier(self) -> str:
        """Where the answer on how it was made comes from."""
        if not self.evidence:
            return ""
        tiers = {_TIERS.get(item.rule, "mark") for item in self.evidence if item.axis == "how"}
        return next((tier for tier in ("override", "commit", "mark", "author_day") if tier in tiers), "")

    @property
    def confidence(self) -> str:
        """One confidence for both answers: weak if either is, empty without evidence on any axis."""
        confidences = {self.confidence_how, self.confidence_what}
        return next((level for level in ("weak", "strong") if level in confidences), "")

    def builds_ai_itself(self, least: float) -> bool:
        """Whether signs of its own make it AI work: without what it has from its repository, `least` in weight."""
        lent = [item.weight for item in self.evidence if item.rule == SHARE_RULE]
        own_weight = sum(item.weight for item in self.evidence if item.axis == "what") - sum(lent)
        return self.builds_ai and (not lent or own_weight >= least)

    def evidence_text(self) -> str:
        """The evidence on one line of at most 400 characters: for each axis the three of most weight."""
        if not self.evidence:
            return ""
        shown: list[str] = []
        for axis in ("how", "what"):
            of_axis = [item for item in self.evidence if item.axis == axis]
            of_axis.sort(key=lambda item: -abs(item.weight))
            shown.extend(item.text() for item in of_axis[:_SHOWN_PER_AXIS])
        line = "; ".join(shown)
        return line if len(line) <= _LINE_CHARACTERS else line[: _LINE_CHARACTERS - 1] + "…"
