"""Branches, tags and heads of pull requests: which there are, and which branch is the default one.

In a working clone the branches of its remote count (`refs/remotes/origin/main` is read as `refs/heads/main`), for what
lies only on someone's own disk has landed nowhere. Local branches count in bare clones and where there is no remote.
`default_branch` chooses the one on which changes land.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from collectors.git.process.command import Git
from collectors.git.process.objects import contents
from collectors.git.readers.ai_notes import NOTES_REF
from collectors.git.repository.default_branch import DefaultBranch, choose_default
from collectors.git.repository.repository import Repository
from headway.forge_words import ForgeRef, forge_refs

__all__ = ["Listing", "is_pull_head", "kind_and_name", "leads_to_merge", "list_refs", "pull_heads", "pull_refspecs"]

_BRANCHES, _TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True)
class Listing:
    """Refs by their names on the remote, each with the id that it holds; tags are not peeled."""

    oids: Mapping[str, str] = field(default_factory=dict)
    default: DefaultBranch = DefaultBranch()  # noqa: RUF009  (a tuple: it cannot change)
    """Its name is empty where there is no branch to choose."""
    notes: str = ""
    """What the clone's own notes with line-level attribution lead to; empty where there are none."""

    @property
    def default_branch(self) -> str:
        """Short name of the branch on which changes land; empty where there is none to choose."""
        return self.default.name


def list_refs(repository: Repository, *, requested: str = "", followed: bool = False) -> Listing:
    """The refs that count. Refs that lead nowhere or point at each other in circles are left out, as Git does.

    `requested` and `followed` are about the default branch, as `choose_default` has them.
    """
    local, remote, remote_head = _listed(repository)
    notes = local.pop(NOTES_REF, "")
    if not repository.bare and any(map(_is_branch, remote)):
        local = {name: oid for name, oid in local.items() if not _is_branch(name)}
    else:
        remote, remote_head = pull_heads(remote), ""
    oids = {name: oid for name, oid in sorted((remote | local).items()) if kind_and_name(name)}
    superseded = _superseded(repository.git, oids)
    oids = {name: oid for name, oid in oids.items() if name not in superseded}
    branches = {name.removeprefix(_BRANCHES): oid for name, oid in oids.items() if _is_branch(name)}
    if not branches and (detached := _detached(repository)):
        return Listing(oids | {"HEAD": detached}, DefaultBranch("HEAD"), notes)
    named = remote_head.removeprefix(_BRANCHES)
    default = choose_default(repository, branches, remote_head=named, requested=requested, followed=followed)
    return Listing(oids, default, notes)


def is_pull_head(ref: str) -> bool:
    """Whether a ref leads to the branch of a pull request, as one of the forges keeps it."""
    return _pull(ref) is not None


def leads_to_merge(ref: str) -> bool:
    """Whether a ref leads to a merge of the base with the head of a pull request, not to the head."""
    pull = _pull(ref)
    return pull is not None and pull[0].leads_to == "merge"


def pull_heads(oids: Mapping[str, str]) -> dict[str, str]:
    """Only the heads of pull requests."""
    return {name: oid for name, oid in oids.items() if is_pull_head(name)}


def pull_refspecs(url: str) -> tuple[str, ...]:
    """What to fetch from a remote for the heads of its pull requests, whichever forge it is."""
    refs = [ref for ref in forge_refs() if not ref.only or re.search(ref.only, url)]
    return (*(f"+{ref.fetch}:{ref.fetch}" for ref in refs), *(f"^{ref.without}" for ref in refs if ref.without))


def kind_and_name(ref: str) -> tuple[str, str] | None:
    """A ref's kind and short name as the table `refs` has them; None for a ref that nobody asks for."""
    if ref.startswith(_TAGS):
        return "tag", ref.removeprefix(_TAGS)
    if _is_branch(ref) or ref == "HEAD":
        return "branch", ref.removeprefix(_BRANCHES)
    pull = _pull(ref)
    return ("pull_head", pull[1]["number"]) if pull else None


@lru_cache(maxsize=1 << 17)
def _pull(ref: str) -> tuple[ForgeRef, re.Match[str]] | None:
    if ref.startswith((_BRANCHES, _TAGS)):
        return None
    return next(((kind, match) for kind in forge_refs() if (match := kind.pattern.fullmatch(ref))), None)


def _superseded(git: Git, oids: Mapping[str, str]) -> set[str]:
    """Refs of a pull request of which a better one is there: the head itself, or a later version of it.

    A version that the forge made at the landing was not written: the one before it is better.
    """
    versions: dict[tuple[str, str], list[tuple[bool, int, str]]] = {}
    pulls = [(name, pull) for name in oids if (pull := _pull(name))]
    for name, (kind, match) in pulls:
        version = int(match.groupdict().get("patch_set") or 0)
        key = (kind.fetch.partition("*")[0], match["number"])
        versions.setdefault(key, []).append((kind.leads_to == "head", version, name))
    several = [sorted(group)[::-1] for group in versions.values() if len(group) > 1]
    made = _made_at_landing(git, {group[0][2]: oids[group[0][2]] for group in several})
    best = {group[group[0][2] in made][2] for group in several}
    return {name for group in several for _, _, name in group} - best


def _made_at_landing(git: Git, newest: Mapping[str, str]) -> set[str]:
    """Those of the newest versions of requests that the forge made when it landed them, as their messages say."""
    pulls = {name: pull for name in newest if (pull := _pull(name)) and pull[0].submitted}
    messages = dict(contents(git, (newest[name] for name in pulls))) if pulls else {}
    return {
        name
        for name, (kind, match) in pulls.items()
        for line in re.finditer(kind.submitted, messages[newest[name]].decode("utf-8", "replace"))
        if line["number"] == match["number"]  # a pick of a commit has the number of that, too
    }


def _listed(repository: Repository) -> tuple[dict[str, str], dict[str, str], str]:
    """The clone's own refs, those it has of its remote by their names there, and the remote's default branch."""
    pulls = {ref.fetch.partition("/*")[0] for ref in forge_refs()}
    read = ("refs/heads", "refs/tags", "refs/remotes", *sorted(pulls), NOTES_REF)
    printed = repository.git.output("for-each-ref", "--format=%(refname)%00%(objectname)%00%(symref)", *read)
    refspecs = repository.fetches or (f"{_BRANCHES}*:refs/remotes/{repository.remote}/*",)
    local, remote, remote_head = {}, {}, ""
    for line in printed.decode("utf-8", "replace").split("\n")[:-1]:
        name, oid, symref = line.split("\0")
        if not name.startswith("refs/remotes/"):
            local[name] = oid
        elif name == f"refs/remotes/{repository.remote}/HEAD":
            remote_head = _source(symref, refspecs)
        elif not symref and (source := _source(name, refspecs)):
            remote[source] = oid
    return local, remote, remote_head


def _source(ref: str, refspecs: Iterable[str]) -> str:
    """The name on the remote of a ref that a clone fetched: the most special refspec that fits, read backwards."""
    fitting = {}
    for refspec in refspecs:
        source, _, target = refspec.removeprefix("+").partition(":")
        before, star, after = target.partition("*")
        if star and len(ref) > len(before + after) and ref.startswith(before) and ref.endswith(after):
            fitting[len(before + after)] = source.replace("*", ref[len(before) : len(ref) - len(after)], 1)
        elif ref == target:
            return source
    return fitting[max(fitting)] if fitting else ""


def _detached(repository: Repository) -> str:
    """The commit that is checked out where there is no branch at all; empty in an empty repository."""
    done = repository.git.run("rev-parse", "--quiet", "--verify", "HEAD^{commit}", allowed=(0, 1, 128))
    return done.stdout.decode("ascii", "replace").strip()


def _is_branch(ref: str) -> bool:
    return ref.startswith(_BRANCHES)
