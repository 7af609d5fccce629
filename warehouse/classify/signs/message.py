"""Parse commit messages: subject, body, trailers, the branch of a merge, the commits of a squash."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from headway.forge_words import Word, words

__all__ = [
    "Person",
    "co_authors",
    "head_branch",
    "is_merge_subject",
    "merged_into",
    "number_in",
    "policy_answer",
    "split_comments",
    "split_message",
    "squashed_parts",
    "without_comments",
    "without_fences",
]

# The rules read at most this much of a text: its beginning and its end, where trailers are.
MOST_CHARACTERS = 16_000

_CO_AUTHOR = re.compile(
    r"^[ \t>*]{0,20}(?:co-authored|co-developed|lead-authored|authored)-by[ \t]{0,8}:[ \t]*(\S[^\n]{0,300})",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"<([^<>\s]*)>?\s*\Z")
_QUESTION = re.compile(
    r"(?:generative ai|\bai|\bllm)[ -](?:tool(?:s|ing)?|assist\w{1,10}|agents?)\b[^\n?]{0,60}\?"
    r"|\b(?:was|were|did|have|has|is)\b"
    r"(?=[^\n?]{0,100}\b(?:us(?:e|ed|ing)|generated|written|wrote|assist\w{0,8}|authored|created|involved)\b)"
    r"[^\n?]{0,60}\b(?:ai|llms?)\b[^\n?]{0,60}\?",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"^(?:\* )?Merge (?:remote-tracking )?branch '[^'\n]{1,200}'(?: of \S{1,200})? into '?([^\s']{1,200})'?$",
    re.MULTILINE,
)
_BULLET = re.compile(r"^\* ", re.MULTILINE)


class Person(NamedTuple):
    """A name and an address as a trailer wrote them; `text` is the whole."""

    name: str
    email: str
    text: str


@lru_cache(maxsize=64)
def split_message(message: str) -> tuple[str, str]:
    """Subject (the first line) and body of a message; a very long body loses its middle."""
    subject, _, body = message.lstrip("\n").partition("\n")
    if len(body) > MOST_CHARACTERS:
        body = f"{body[: MOST_CHARACTERS // 2]}\n{body[-MOST_CHARACTERS // 2 :]}"
    return subject.rstrip("\r")[:2000], body


def co_authors(body: str) -> tuple[Person, ...]:
    """The people named by co-author trailers on any line of a body, in order, each once."""
    return tuple(_person(text) for text in dict.fromkeys(_CO_AUTHOR.findall(body)))


def _person(text: str) -> Person:
    text = text.strip()
    match = _ADDRESS.search(text)
    if match is None:
        name, _, last = text.rpartition(" ")
        return Person(name, last, text) if "@" in last else Person(text, "", text)
    return Person(text[: match.start()].strip().strip('"'), match[1], text)


def head_branch(subject: str) -> str:
    """The branch that a merge commit's subject names, empty if none."""
    word = _merge_word(subject)
    return "" if word is None else word[1].get("branch") or ""


def merged_into(messages: Iterable[str]) -> str:
    """The branch into which another was merged while it was written, by messages of its commits or of their squash.

    Empty where none is named, or several: then what landed was written on more than one.
    """
    merges = [message for message in messages if " into " in message and "Merge " in message]
    if not merges:
        return ""
    branches = {branch for message in merges for branch in _INTO.findall(message)}
    return branches.pop() if len(branches) == 1 else ""


def is_merge_subject(subject: str) -> bool:
    """Whether Git or a forge wrote all of the subject for a merge; one that has the request's title is its author's."""
    if not subject.startswith(_beginnings()):  # as most: every message is looked at, some of them several times
        return False
    word = _merge_word(subject)
    return word is not None and (word[0].merge or "title" not in word[0].pattern.groupindex)


def number_in(subject: str) -> str:
    """The pull request number that a merge or squash subject names, empty if none."""
    word = _merge_word(subject)
    if word is not None and (number := word[1].get("number")):
        return number
    if not any(squash.holds in subject for squash in words("squash", "subject")):
        return ""
    matches = [match for squash in words("squash", "subject") for match in squash.pattern.finditer(subject)]
    last = max(matches, key=lambda match: match.end(), default=None)
    return last["number"] if last is not None and not subject[last.end() :].strip() else ""


@lru_cache(maxsize=64)  # of a change several readers ask for it, one after the other
def _merge_word(subject: str) -> tuple[Word, dict[str, str | None]] | None:
    """The forge's form of a merge that the subject has, with its groups."""
    if not subject.startswith(_beginnings()):
        return None
    for word in (*words("merge", "subject"), *words("branch", "subject")):
        if match := word.pattern.match(subject):
            return word, match.groupdict()
    return None


@cache
def _beginnings() -> tuple[str, ...]:
    """What subjects of merges begin with, for a first look."""
    return tuple({word.holds for kind in ("merge", "branch") for word in words(kind, "subject")})


def split_comments(text: str) -> tuple[str, str]:
    """The HTML comments of a text, one a line, and the text without them: a template's, or a machine's."""
    comments: list[str] = []
    parts: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.append(text[position:start])
        comments.append(" ".join(text[start + 4 : end].split()))
        position = end + 3
    return "\n".join(comments), "".join((*parts, text[position:])) if parts else text


def without_comments(text: str) -> str:
    """A pull request's text without HTML comments, which hold its template."""
    return split_comments(text)[1]


def without_fences(text: str) -> str:
    """A text without the examples between fences of three backticks. An unclosed fence is not one."""
    lines: list[str] = []
    fenced: list[str] = []
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```") and line.count("```") == 1
        if fenced and fence and line.strip() == "```":
            fenced = []
        elif fenced or fence:
            fenced.append(line)
        else:
            lines.append(line)
    return "\n".join(lines + fenced)


def policy_answer(body: str) -> str:
    """The answer to a template's question about AI tools: the first paragraph, at most 300 characters."""
    end = body.find("?") + 1
    while end:
        start = max(body.rfind("\n", 0, end) + 1, end - 200)
        if _QUESTION.search(body, start, end):
            answer = body[end : end + 400].lstrip(" \t:*\n").partition("\n\n")[0][:300]
            return "" if answer.startswith(("#", "Closes ", "- [ ]", "<!--")) else answer
        end = body.find("?", end) + 1
    return ""


def squashed_parts(body: str) -> list[str]:
    """The messages of the commits that a squash lists with `* `; empty if it lists fewer than two."""
    starts = [match.start() for match in _BULLET.finditer(body)]
    if len(starts) < 2:
        return []
    end = body.rfind("\n---------\n")
    stops = [*starts[1:], end if end > starts[-1] else len(body)]
    return [body[start:stop] for start, stop in zip(starts, stops, strict=True)]
