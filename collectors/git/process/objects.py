"""Objects read by id, many at once: what refs lead to, who tagged, what a file held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from collectors.git.process.command import Git
from headway.errors import PartialRead

__all__ = ["Peeled", "Tagger", "contents", "peel", "second_parents", "tagger"]

_LARGEST_BYTES = 1 << 20


class Peeled(NamedTuple):
    """Where an object leads: the commit, None if it leads to none, and whether an annotated tag is on the way."""

    commit: str | None
    annotated: bool


class Tagger(NamedTuple):
    """Who made an annotated tag, and when, in seconds since 1970 (as digits; empty where the tag does not say)."""

    name: str
    seconds: str


def peel(git: Git, oids: Iterable[str]) -> dict[str, Peeled]:
    """What each id leads to. PartialRead for an id that the clone has no object for."""
    distinct = sorted(set(oids))
    if not distinct:
        return {}
    lines = "".join(f"{oid}\n{oid}^{{}}\n" for oid in distinct)
    answers = git.output("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=lines.encode()).split(b"\n")
    peeled, missing = {}, []
    for number, oid in enumerate(distinct):
        itself, target = answers[2 * number].decode(), answers[2 * number + 1].decode()
        if itself.endswith(" missing") or target.endswith(" missing"):
            missing.append(oid)
        else:
            commit = target.removesuffix(" commit") if target.endswith(" commit") else None
            peeled[oid] = Peeled(commit, itself.endswith(" tag"))
    if missing:
        raise _missing(git, missing[0], len(missing))
    return peeled


def second_parents(git: Git, oids: Iterable[str]) -> dict[str, str | None]:
    """The second parent of each merge; None for what is no merge."""
    distinct = sorted(set(oids))
    if not distinct:
        return {}
    lines = "".join(f"{oid}^2\n" for oid in distinct)
    answers = git.output("cat-file", "--batch-check=%(objectname)", stdin=lines.encode()).decode().split("\n")
    return {oid: None if " " in answer else answer for oid, answer in zip(distinct, answers, strict=False)}


def contents(git: Git, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Each object's id and bytes, once each and in order of id; at most the first MB. PartialRead for a missing one."""
    distinct = sorted(set(oids))
    if not distinct:
        return
    with git.stream("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in distinct).encode()) as printed:
        for oid in distinct:
            head = printed.readline().split()
            if len(head) != 3:
                raise _missing(git, oid, 1)
            yield oid, _body(printed, int(head[2]))
        printed.read()


def tagger(tag: bytes) -> Tagger:
    """The tagger of a tag object, as recorded; old tags have none."""
    for line in tag.partition(b"\n\n")[0].split(b"\n"):
        if line.startswith(b"tagger "):
            name, _, rest = line.removeprefix(b"tagger ").partition(b"<")
            words = rest.rpartition(b">")[2].split()
            seconds = words[0].decode("ascii", "replace") if words else ""
            return Tagger(name.strip().decode("utf-8", "replace"), seconds if seconds.isdecimal() else "")
    return Tagger("", "")


def _body(printed: BinaryIO, size: int) -> bytes:
    content = printed.read(min(size, _LARGEST_BYTES))
    left = size + 1 - len(content)  # and the newline after it
    while left > 0 and (block := printed.read(min(left, _LARGEST_BYTES))):
        left -= len(block)
    return content


def _missing(git: Git, oid: str, count: int) -> PartialRead:
    return PartialRead(
        f"{git.label}: {count} of the objects it needs are missing (the first is {oid})",
        hint="Run `git fsck` there, and fetch or clone it again; nothing of this run was stored.",
    )
