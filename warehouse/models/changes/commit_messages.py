"""What a commit's message says of the change that it lands: its number, title, branch, and what it takes back."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Landing", "picked_from", "read_landing", "reverted"]

# Each names the pull request that a merge commit lands; the branch where it has one.
_MERGES = (
    re.compile(r"^Merge pull request #(?P<number>\d+) from (?:[^/\s]+/)?(?P<branch>\S+)"),  # GitHub
    re.compile(r"^Merged in (?P<branch>\S+) \(pull request #(?P<number>\d+)\)"),  # Bitbucket Cloud
    re.compile(r"^Pull request #(?P<number>\d+): (?P<title>.*)"),  # Bitbucket Server
    re.compile(r"^Merged PR (?P<number>\d+): (?P<title>.*)"),  # Azure DevOps
    re.compile(r"^Auto merge of #(?P<number>\d+) - (?P<branch>[^,\s]+)"),  # homu, bors
)
_MERGE_REQUEST = re.compile(r"^See merge request (?:\S*)!(?P<number>\d+)\s*$", re.MULTILINE)  # GitLab
_BRANCH = re.compile(r"^Merge (?:remote-tracking )?branch '(?P<branch>[^']+)'")
_SQUASH = re.compile(r"\((?:#|!)(\d+)\)")
_REVERTS = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})", re.IGNORECASE)
_REVERTS_NUMBER = re.compile(r"^Reverts (?:[\w.-]+/[\w.-]+)?[#!](\d+)\s*$", re.MULTILINE)
_REVERT_SUBJECT = re.compile(r'^Revert ".*\((?:#|!)(\d+)\)"')
_PICKED = re.compile(r"\(cherry picked from commit ([0-9a-f]{7,64})\)", re.IGNORECASE)
_MAX_NUMBER = 2**53


@dataclass(frozen=True)
class Landing:
    """What the message of a landing commit says. `numbers`: the likeliest pull request first."""

    numbers: tuple[int, ...]
    title: str
    branch: str


def read_landing(message: str, *, merge: bool) -> Landing:
    """Read the message of a commit of the default branch's first-parent history."""
    subject, _, body = message.partition("\n")
    if merge or subject.startswith(("Merged PR ", "Pull request #", "Merged in ", "Auto merge of ")):
        for pattern in _MERGES:
            if match := pattern.match(subject):
                groups = match.groupdict()
                title = groups.get("title") or _first_line(body) or subject
                return Landing(_number(groups["number"]), title.strip(), groups.get("branch") or "")
    branch = match["branch"] if (match := _BRANCH.match(subject)) else ""
    if match := _MERGE_REQUEST.search(body):
        return Landing(_number(match["number"]), _first_line(body) if merge else subject.strip(), branch)
    end, numbers = _squash_numbers(subject)
    if end < len(subject):
        return Landing(tuple(dict.fromkeys(numbers)), subject[:end].strip() or subject.strip(), branch)
    title = _first_line(body) if merge and branch else ""
    return Landing((), title or subject.strip(), branch)


def reverted(message: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Commits (as written) and pull request numbers that a message says it takes back."""
    subject = message.partition("\n")[0]
    numbers = [*_REVERTS_NUMBER.findall(message), *_REVERT_SUBJECT.findall(subject)]
    shas = tuple(dict.fromkeys(sha.lower() for sha in _REVERTS.findall(message)))
    return shas, tuple(dict.fromkeys(number for text in numbers for number in _number(text)))


def picked_from(message: str) -> tuple[str, ...]:
    """Commits (as written) of which a message says that it is a cherry-pick (`git cherry-pick -x`)."""
    return tuple(dict.fromkeys(sha.lower() for sha in _PICKED.findall(message)))


def _squash_numbers(subject: str) -> tuple[int, list[int]]:
    """Where the `(#1) (#2)` that end a subject begin (its length if there are none), and their numbers, last first.

    Walks back from the end, because a pattern would try each place of a long hostile subject again.
    """
    numbers: list[int] = []
    end = at = len(subject)
    while True:
        while at and subject[at - 1].isspace():
            at -= 1
        match = _SQUASH.fullmatch(subject, max(subject.rfind("(", 0, at), 0), at)
        if not match:
            return end, numbers
        numbers += _number(match[1])
        end = at = match.start()


def _number(text: str) -> tuple[int, ...]:
    number = int(text) if len(text) < 17 else 0
    return (number,) if 0 < number < _MAX_NUMBER else ()


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
