"""Reverts and backports: the change that they copy, whose class they take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.classify.facts import ChangeFacts
from warehouse.classify.signs.message import head_branch, is_merge_subject, number_in, split_message, squashed_parts

__all__ = ["copied_from", "keys_of"]

_SHA_CHARACTERS = 7
_COPY_LINE = re.compile(
    r"^[(]?cherry[- ]picked from commit [0-9a-f]{7}|^[^\w\n]{0,4}back-?port(?:s|ed)? (?:of |from )?(?:[\w./-]+)?#\d",
    re.IGNORECASE | re.MULTILINE,
)
_SHA = re.compile(
    r"(?:reverts commit|cherry[- ]picked from(?: commit)?|backport of(?: commit)?)[ \t\n]+([0-9a-f]{7,64})\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:reverts?|back-?port(?:s|ed)?(?: of| from)?|cherry[- ]pick(?:ed|s)?(?: of| from)?)[ :]+(?:pull request |pr )?"
    r"(?:[\w.-]{1,100}/[\w.-]{1,100})?#(\d{1,9})\b|back-?port(?:s|ed)? (?:of|from) (\d{2,9})\b",
    re.IGNORECASE,
)
_BRANCH = re.compile(r"revert-(\d{1,9})-")  # as the forge's button names it
_QUOTED = re.compile(r'revert "(.{1,300})"', re.IGNORECASE)


def copied_from(change: ChangeFacts) -> tuple[str, ...]:
    """What a revert or backport names: commit ids, `#number`; empty for a change that copies nothing.

    A squash whose list of commits contains a revert is not one: only its subject, or a message without a list, counts.
    """
    subject, body = split_message(change.landing.message) if change.landing is not None else (change.title, "")
    titles = f"{change.title}\n{subject}"
    if change.commits and (change.landing is None or is_merge_subject(subject)):
        # The single commit of a merge names it: `git revert` writes the commit, the forge only names the branch.
        messages = [commit.message for commit in change.commits if not is_merge_subject(commit.message)]
        if len(messages) == 1:
            titles, body = f"{titles}\n{split_message(messages[0])[0]}", f"{body}\n{messages[0]}"
    lower = titles.lower()
    copies = "revert" in lower or "backport" in lower or "back-port" in lower or "cherry" in lower
    if not copies and ("picked from" in body or "ackport" in body):
        copies = _COPY_LINE.search(body) is not None and not squashed_parts(body)
    if not copies:
        return ()
    text = "\n".join(part for part in (titles, body[:4000], change.body[:4000]) if part)
    return tuple(dict.fromkeys(_named(text, titles, change.head_ref or head_branch(subject))))


def _named(text: str, titles: str, branch: str) -> Iterator[str]:
    yield from (sha.lower() for sha in _SHA.findall(text))
    quoted = _QUOTED.search(titles)
    if quoted is not None and (number := number_in(quoted[1])):
        yield f"#{number}"
    yield from (f"#{marked or bare}" for marked, bare in _NUMBER.findall(text))
    if (reverting := _BRANCH.match(branch)) is not None:
        yield f"#{reverting[1]}"


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
