"""What the name of one tag says: the text before its version, the version, and whether that is a pre-release."""

from __future__ import annotations

import re
from dataclasses import dataclass

from warehouse.models.deployments.tag_families.words import (
    ATTACHED_LETTERS,
    BUILD_WORDS,
    PRERELEASE,
    RELEASED,
)

__all__ = ["DATE", "DOTTED", "NUMBER", "OTHER", "TagForm", "commit_id", "outline", "tag_form", "without_version"]

DOTTED, DATE, NUMBER, OTHER = "dotted", "date", "number", "other"
_LONGEST = 250
_DIGITS = re.compile(r"\d+")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)|\d+(?:[._]\d+)*")
_DAY = re.compile(r"(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?")
_CLOCK = re.compile(r"[T_. -]?\d{2}[:.-]?\d{2}(?:[:.-]?\d{2})?Z?")
_TOKENS = re.compile(r"[^-._~^:, ]+")
_HASH = re.compile(r"g?(?=[a-f]*\d)[0-9a-f]{7,40}")
_RUNS = re.compile(r"(?<![0-9A-Za-z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}(?![0-9A-Za-z])|\d+")
_ID = re.compile(r"(?<=[^0-9A-Za-z])[0-9a-f]{7,40}$")
_ANY_ID = "HASH", "[0-9a-f]{7,40}"
_BEFORE_RELEASE = re.compile(r"rc\d|alpha|beta|pre|snapshot|nightly|canary")


@dataclass(frozen=True, slots=True)
class TagForm:
    """The parts of a tag's name."""

    prefix: str
    """What is before the version, with a `v`."""
    numbers: tuple[int, ...]
    """Of the version; of a date too."""
    shape: str
    """`dotted`: two numbers or more; `date`: a day; `number`: one number."""
    variant: str
    """Words behind the version that say neither release nor pre-release, lower case; empty without."""
    prerelease: bool
    revision: int | None
    """The number behind a version that is followed by a dash and that number alone."""


def tag_form(name: str) -> TagForm | None:
    """Parse the name of a tag; None where no version is in it."""
    if len(name) > _LONGEST:
        return None
    at = max(name.rfind("/"), name.rfind("@")) + 1
    begin = _begin(name, at)
    match = _VERSION.match(name, begin) if begin >= 0 else None
    if match is None:
        return None
    core, rest = match[0], name[match.end() :]
    day = _DAY.fullmatch(core)
    shape = DATE if day else DOTTED if "." in core or "_" in core else NUMBER
    behind = _behind(rest, clock=shape == DATE)
    if behind is None:
        return None
    variant, prerelease = behind
    numbers = tuple(map(int, re.split(r"[._-]", core)))
    # What is built of a branch has no version yet: 0.0.0-20260801, 0.0.0-routing-20260801.
    prerelease = prerelease or (bool(rest) and not any(numbers))
    revision = int(rest[1:]) if rest[:1] == "-" and rest[1:].isdecimal() else None
    return TagForm(name[:begin], numbers, shape, variant, prerelease, revision)


def without_version(name: str, prefix: str) -> str:
    """What follows the version in the name of a tag."""
    match = _VERSION.match(name, len(prefix))
    return name[match.end() :] if match else ""


def commit_id(name: str, sha: str | None) -> str:
    """The id of its own commit that a name without a version ends with, as of `shop@1a2b3c4`; else empty."""
    match = _ID.search(name)
    if match is None or not sha or not sha.startswith(match[0]):
        return ""
    return match[0] if tag_form(name[: match.start()].rstrip("-_/@.+")) is None else ""


def outline(name: str, ending: str = "") -> tuple[str, str]:
    """A name without a version, with `N` for numbers and `HASH` for ids of commits, and the pattern of such names.

    `ending`: the id that it ends with. Both are empty where there is neither.
    """
    body = name.removesuffix(ending)
    runs = list(_RUNS.finditer(body))
    if len(name) > _LONGEST or not (ending or runs):
        return "", ""
    text, pattern, end = "", "^", 0
    for run in runs:
        word, match = ("N", r"\d+") if run[0].isdecimal() else _ANY_ID
        text += body[end : run.start()] + word
        pattern += re.escape(body[end : run.start()]) + match
        end = run.end()
    word, match = _ANY_ID if ending else ("", "")
    return text + body[end:] + word, f"{pattern}{re.escape(body[end:])}{match}$"


def _begin(name: str, at: int) -> int:
    """Where the version begins: at the first number of a word of its own, else of one that follows letters; or -1."""
    fallback = -1
    for run in _DIGITS.finditer(name, at):
        begin = run.start()
        before = begin - 1 if begin > at and name[begin - 1] in "vV" else begin
        if before == at or not name[before - 1].isalnum():
            inside = name[before - 1] in "._" and before - 2 >= at and name[before - 2].isdigit()
            if not inside:
                return begin
        elif fallback < 0:
            fallback = begin
    return fallback


def _behind(rest: str, *, clock: bool) -> tuple[str, bool] | None:
    """Unknown words behind a version, and whether it is a pre-release; None where it is no version after all."""
    if not rest or (clock and _CLOCK.fullmatch(rest)):
        return "", False
    public, _, build = rest.partition("+")
    unknown: list[str] = []
    prerelease = False
    for token in _TOKENS.findall(public.lower()):
        word = token.rstrip("0123456789")
        attached = public[0].isalpha() and not unknown and public.lower().startswith(token)
        if not word or word in RELEASED or (not attached and _HASH.fullmatch(token)):
            continue
        if word in PRERELEASE or _BEFORE_RELEASE.match(token) or (word in ATTACHED_LETTERS and word != token):
            prerelease = True
        elif attached and len(token) > 1:
            return None
        elif not attached:
            unknown.append(word)
    built = {token.rstrip("0123456789") for token in _TOKENS.findall(build.lower())}
    return "-".join(unknown), prerelease or not built.isdisjoint(BUILD_WORDS)
