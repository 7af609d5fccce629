"""The ways in which a pull request gets onto the main branch, as real forges, scripts and people do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["STYLES", "Style"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a pull request lands.

    `how`: merge, squash, rebase (copies of its commits), forward (its commits themselves) or direct (a push). `words`:
    whose message the landing commit has. `rebased`: its commits are written anew on top of main first, when merge is
    pressed. `squashed`: a squash of it is merged, so its own head never gets there. `closed`: a script lands it, and
    the forge calls it closed. `together`: it needs another pull request: `batch`, `nested` or `stack`.
    """

    how: str
    words: str = "github"
    rebased: bool = False
    squashed: bool = False
    closed: bool = False
    together: str = ""


STYLES: Mapping[str, Style] = {
    "direct": Style("direct"),
    "merge": Style("merge"),
    "squash": Style("squash"),
    "rebase": Style("rebase"),
    "by_hand": Style("merge", "hand"),
    "script": Style("squash", "script", closed=True),
    "stack": Style("squash", together="stack"),
    "nested": Style("merge", together="nested"),
    "batch": Style("merge", "bors", together="batch"),
    "gitlab_merge": Style("merge", "gitlab"),
    "gitlab_squash": Style("merge", "gitlab", squashed=True),
    "gitlab_semi_linear": Style("merge", "gitlab", rebased=True),
    "gitlab_forward": Style("forward", "gitlab", rebased=True),
    "azure_merge": Style("merge", "azure"),
    "azure_squash": Style("squash", "azure"),
    "bitbucket_merge": Style("merge", "bitbucket"),
    "bitbucket_squash": Style("squash", "bitbucket"),
}
"""Every style by its name in `truth.csv`."""
