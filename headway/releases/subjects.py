"""Whether a commit's subject says that it makes a release, and nothing else."""

from __future__ import annotations

import re

__all__ = ["says_release", "versions_in"]

_CONVENTIONAL = re.compile(r"^\w+(?:\([^)]*\))?!?:\s*")
_ASIDE = re.compile(r"[\[(][^\[\]()]*[\])]")
_VERSION = re.compile(r"(?:[\w@/.-]+@)?v?\d+(?:\.[\dx]+)+(?:[-.+~]?[a-z0-9]+)*|v\d+", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_PACKAGE = re.compile(r"@?[a-z][\w./-]*", re.IGNORECASE)
_NAMING = frozenset(["release", "releases", "releasing", "publish", "publishes", "prepare", "prepares", "tag", "cut"])
"""Verbs behind which a package of one's own may be named: nobody releases a dependency."""
_VERBS = _NAMING | frozenset(
    ["publishing", "preparing", "bump", "bumps", "bumped", "bumping", "version", "new", "initial", "final"]
)
_NOUNS = frozenset(["release", "releases", "version", "versions", "publish", "iteration"])
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "for",
        "of",
        "to",
        "from",
        "as",
        "at",
        "in",
        "on",
        "and",
        "all",
        "our",
        "next",
        "this",
        "everywhere",
        "number",
        "numbers",
        "package",
        "packages",
        "crate",
        "crates",
        "prerelease",
        "pre-release",
        "alpha",
        "beta",
        "rc",
        "candidate",
        "snapshot",
        "development",
        "iteration",
        "stable",
        "major",
        "minor",
        "patch",
        "bugfix",
        "hotfix",
        "cycle",
        "project",
        "main",
        "master",
        "->",
        "=>",
        "maven-release-plugin",
        "post-release",
        "dev",
        "set",
        "update",
        "updates",
        "updated",
    ]
)
_KNOWN = _VERBS | _NOUNS | _FILLERS
# Without a number or one of the nouns no subject is one: a first look, for most have neither.
_PERHAPS = re.compile(rf"\d|{'|'.join(sorted(_NOUNS))}", re.IGNORECASE)
_EXACT = frozenset(("version packages", "publish", "publish packages", "release", "release packages", "version bump"))


def says_release(subject: str, *, changelog: bool = False, package: bool = False) -> bool:
    """Whether every word of the subject is one of a release, and it names a version, or releasing, at least.

    `Bump foo to 1.2.3` may be a dependency's update. With `package` the name of one may stand before its version. With
    `changelog` the subject must name a version: all that its commit changed was a changelog.
    """
    if not _PERHAPS.search(subject):
        return False
    text = _ASIDE.sub(" ", _CONVENTIONAL.sub("", subject.strip()))
    words = [word.strip(".:,!") for word in text.lower().split()]
    if " ".join(words) in _EXACT:
        return not changelog
    unknown = [place for place, word in enumerate(words) if word not in _KNOWN and not _VERSION.fullmatch(word)]
    if len(unknown) > 1:
        return False
    versions = [word for word in words if _VERSION.fullmatch(word)]
    others = [word for word in words if not _VERSION.fullmatch(word)]
    if len(unknown) == 1 and versions and (package or words[0] in _NAMING):
        place = unknown[0]
        named = _PACKAGE.fullmatch(words[place]) and words[place + 1 : place + 2] == versions[:1]
        return bool(named) and (len(others) == 1 or words[0] in _NAMING)
    if unknown or (changelog and not versions):
        return False
    return bool(versions) or bool(len(others) > 1 and _NOUNS.intersection(others) and _VERBS.intersection(others))


def versions_in(subject: str) -> list[str]:
    """The numbers of the versions that a subject names: `1.2.0` of `Release v1.2.0-rc1`."""
    words = (word.strip(".:,!()[]") for word in subject.split())
    numbers = (_NUMBERS.search(word.rpartition("@")[2]) for word in words if _VERSION.fullmatch(word))
    return [number[0] for number in numbers if number]
