"""The default branch of a clone: what the settings, the clone's HEAD and the graph say, in this order.

In a working clone `origin/HEAD` names it, in a bare one HEAD. Both are set when the clone is made, and no `git fetch`
updates them: after a rename (`master` to `main`) they still name the old branch. So where `main` or `master` contains
the one that is named, the containing branch is read. Where neither contains the other, newer tags or pull requests on
the other one are told. Another branch, such as `develop`, is never exchanged: with Git flow `main` contains it after
each release.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from collectors.git.process.failures import shown
from collectors.git.repository.repository import Repository
from headway.errors import UsageError

__all__ = ["DefaultBranch", "choose_default"]

_BRANCHES = "refs/heads/"
_USUAL = ("main", "master")
_COMPARED = (*_USUAL, "trunk", "develop", "development", "mainline")
# What `master` or `main` was renamed to; with Git flow `develop` is ahead of `main`, and both are alive.
_RENAMED = (*_USUAL, "trunk", "mainline")
_BEHIND_DAYS = 90
# So many newer commits show by themselves that work goes on elsewhere; a tag or a pull request among fewer does too.
_NEWER_COMMITS = 10
_MOST_READ = 1000
_PULL_REQUEST = re.compile(r"[(\s](?:#|!|GH-)\d+\b|^Merged? (?:PR|in) ")
_DAY_SECONDS = 86_400


class DefaultBranch(NamedTuple):
    """The branch that is read, and why it may surprise; each reason is empty where it does not apply."""

    name: str = ""
    stale: str = ""
    """The clone names a branch that is gone, or that the one that is read contains."""
    doubtful: str = ""
    """Another branch is much newer, or there is none to choose."""


def choose_default(
    repository: Repository, tips: Mapping[str, str], *, remote_head: str, requested: str = "", followed: bool = False
) -> DefaultBranch:
    """Choose among the branches that count, given with the commits that they lead to.

    `remote_head` is what `origin/HEAD` names, if that is there; `requested` is the setting; with `followed` HEAD was
    just read from the remote, and counts whatever the graph says. UsageError where there are branches, and not the
    requested one.
    """
    if not tips:
        return DefaultBranch()
    if requested:
        if requested not in tips:
            raise _missing(repository, tips, requested)
        return DefaultBranch(requested)
    checked_out = _symbolic(repository, "HEAD", _BRANCHES)
    pointer, named = _pointer(repository, remote_head, checked_out)
    usual = next((name for name in (*_USUAL, checked_out) if name in tips), min(tips) if len(tips) == 1 else "")
    chosen = named if named in tips else usual
    if not chosen:
        return DefaultBranch(doubtful=_none_usual(pointer, named, len(tips)))
    stale = doubtful = ""
    newer = _containing(repository, tips, chosen)
    if newer and followed:
        doubtful = f"the remote names {chosen}, which is read, and {newer} contains it"
    elif newer:
        origin = f"{pointer} names {named}, and " if named == chosen else ""
        stale, chosen = f"{origin}{newer} contains {chosen}; {newer} is read", newer
    if named and named not in tips:
        stale = f"{pointer} names {shown(named)}, which is gone; {shown(chosen)} is read"
    went_on = doubtful or _went_on_elsewhere(repository, tips, chosen)
    return DefaultBranch(chosen, stale, went_on or _newer_elsewhere(repository, tips, chosen))


def _pointer(repository: Repository, remote_head: str, checked_out: str) -> tuple[str, str]:
    """What names the default branch of a clone, and the branch that it names, also where that is gone."""
    if repository.bare:
        return "HEAD", checked_out
    if not repository.remote:
        return "", ""
    pointer = f"refs/remotes/{repository.remote}/HEAD"
    named = remote_head or _symbolic(repository, pointer, f"refs/remotes/{repository.remote}/")
    return pointer.removeprefix("refs/remotes/"), named


def _symbolic(repository: Repository, ref: str, prefix: str) -> str:
    done = repository.git.run("symbolic-ref", "--quiet", ref, allowed=(0, 1, 128))
    return done.stdout.decode("utf-8", "replace").strip().removeprefix(prefix)


def _containing(repository: Repository, tips: Mapping[str, str], chosen: str) -> str:
    """The other usual name, where its branch goes on from the chosen one; empty where it does not."""
    if chosen in _USUAL:
        for name in _USUAL:
            if tips.get(name, tips[chosen]) != tips[chosen]:
                ancestry = ("merge-base", "--is-ancestor", tips[chosen], tips[name])
                return name if repository.git.run(*ancestry, allowed=(0, 1, 128)).returncode == 0 else ""
    return ""


def _went_on_elsewhere(repository: Repository, tips: Mapping[str, str], chosen: str) -> str:
    """Signs that work goes on in the branch that a usual one was renamed to: tags, pull requests, or many commits.

    The old branch may have commits of its own, such as one that says where it went; the new one has more.
    """
    others = [name for name in _RENAMED if tips.get(name, tips[chosen]) != tips[chosen]]
    if chosen not in _RENAMED or not others:
        return ""
    until = _committed(repository, [tips[chosen]]).get(tips[chosen], 0)
    for name in others:
        theirs = _steps(repository, tips[name], tips[chosen])
        newer = [step for step in theirs if step.committed > until]
        if len(theirs) <= len(_steps(repository, tips[chosen], tips[name])):
            continue
        tags = [tag for step in newer for tag in step.tags]
        pulls = sum(bool(_PULL_REQUEST.search(step.subject)) for step in newer)
        if tags or pulls or len(newer) >= _NEWER_COMMITS:
            signs = [f"{len(newer)} newer commits"]
            signs += [f"tag {shown(tags[0])}"] if tags else []
            signs += [f"{pulls} of pull requests"] if pulls else []
            return f"{shown(chosen)} is read, and {name} has {', '.join(signs)}"
    return ""


class _Step(NamedTuple):
    """A commit of a first-parent history: when it was made, its tags, its subject."""

    committed: int
    tags: tuple[str, ...]
    subject: str


def _steps(repository: Repository, tip: str, other: str) -> list[_Step]:
    """The newest first-parent commits of one tip that are not part of the other one's history; newest first."""
    printed = repository.git.run(
        *("log", "--first-parent", f"--max-count={_MOST_READ}", "--no-show-signature", "--no-color"),
        *("--decorate=full", "--decorate-refs=refs/tags/", "--format=%ct%x00%D%x00%s", tip, f"^{other}"),
        allowed=(0, 128),
    ).stdout.decode("utf-8", "replace")
    rows = (line.split("\0", 2) for line in printed.splitlines() if line.count("\0") >= 2)
    return [
        _Step(int(seconds or 0), tuple(part.rpartition("refs/tags/")[2] for part in refs.split(", ") if part), subject)
        for seconds, refs, subject in rows
    ]


def _newer_elsewhere(repository: Repository, tips: Mapping[str, str], chosen: str) -> str:
    """The newest of the other common default branches, if it is much newer than the chosen one."""
    others = {name for name in _COMPARED if tips.get(name, tips[chosen]) != tips[chosen]}
    if not others:
        return ""
    dates = _committed(repository, {tips[name] for name in (chosen, *others)})
    newest = max(sorted(others), key=lambda name: dates.get(tips[name], 0))
    days = (dates.get(tips[newest], 0) - dates.get(tips[chosen], 0)) // _DAY_SECONDS
    if tips[chosen] not in dates or days < _BEHIND_DAYS:
        return ""
    return f"{shown(chosen)} is read, and the newest commit of {newest} is {days} days newer"


def _committed(repository: Repository, commits: Iterable[str]) -> dict[str, int]:
    """When each commit was made, in seconds since 1970."""
    wanted = "".join(f"{sha}\n" for sha in sorted(commits))
    printed = repository.git.output(
        *("log", "--no-walk=unsorted", "--ignore-missing", "--no-show-signature", "--format=%H %ct", "--stdin"),
        stdin=wanted.encode(),
    )
    pairs = (line.split(" ") for line in printed.decode("ascii", "replace").splitlines())
    return {sha: int(seconds or 0) for sha, seconds in pairs}


def _none_usual(pointer: str, named: str, count: int) -> str:
    missing = f"{pointer} names {shown(named)}, which is gone" if named else "nothing names a default branch"
    return f"{missing}, and none of {count} branches is called main or master"


def _missing(repository: Repository, tips: Mapping[str, str], requested: str) -> UsageError:
    near = get_close_matches(requested, tips, n=1) or sorted(tips)[:3]
    return UsageError(
        f"{shown(repository.git.label)}: there is no branch {shown(requested)!r}",
        hint=f"Correct `branch` of this source in [[sources]]; for example {', '.join(map(shown, near))}",
    )
