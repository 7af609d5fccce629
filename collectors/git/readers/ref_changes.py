"""What became of the refs since the last run: new, moved, rewritten, gone. One row each; nothing for the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from collectors.git.process.command import Git
from collectors.git.process.objects import Tagger, contents, peel, second_parents, tagger
from collectors.git.readers.commits import micros, to_seconds
from collectors.git.repository.refs import is_pull_head, kind_and_name, leads_to_merge
from collectors.git.resume import Resume

__all__ = ["Movements", "compare"]

_EPOCH = datetime(1970, 1, 1)


@dataclass
class Movements:
    """The refs as they are, and a row for each that is not as the last run found it."""

    tips: dict[str, str | None] = field(default_factory=dict)
    """Each ref and the commit it leads to, None for none."""
    objects: dict[str, str] = field(default_factory=dict)
    """What a ref holds where that is no commit."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Rows of `refs`, without repository and time of the run."""

    def commits(self) -> set[str]:
        """The commits that branches and tags lead to."""
        return {sha for ref, sha in self.tips.items() if sha and not is_pull_head(ref)}

    def pull_commits(self) -> set[str]:
        """The commits that heads of pull requests lead to."""
        return {sha for ref, sha in self.tips.items() if sha and is_pull_head(ref)}

    def newest_tag_micros(self, until: datetime) -> int | None:
        """The newest tagger date among the rows, leaving out those after `until`."""
        dates = [micros(row["tagged_at"]) for row in self.rows if row["tagged_at"] and row["tagged_at"] <= until]
        return max(dates, default=None)


def compare(git: Git, oids: Mapping[str, str], before: Resume, *, everything: bool) -> Movements:
    """Compare the refs with those of the last run; with `everything` each gets a row, moved or not.

    A ref is rewritten where the commit it led to before is no ancestor of the one it leads to now, or is gone.
    PartialRead where a ref leads to an object that is missing.
    """
    changed = {ref: oid for ref, oid in oids.items() if everything or not before.holds(ref, oid)}
    if not before.tag_objects:  # an earlier version read tags without the ids of their objects
        changed |= {ref: oid for ref, oid in oids.items() if ref in before.objects}
    peeled = peel(git, changed.values())
    tags = contents(git, [oid for oid, leads in peeled.items() if leads.annotated])
    taggers = {oid: tagger(raw) for oid, raw in tags}
    heads = second_parents(git, (oid for ref, oid in changed.items() if leads_to_merge(ref)))
    now = Movements()
    for ref, oid in sorted(oids.items()):
        if ref not in changed:
            now.tips[ref] = before.tips[ref]
        else:
            now.tips[ref] = heads[oid] if leads_to_merge(ref) else peeled[oid].commit
        if now.tips[ref] != oid:
            now.objects[ref] = oid
        if ref in changed:
            row = _row(git, ref, now.tips[ref], before.tips.get(ref), taggers.get(oid, Tagger("", "")))
            now.rows.append(row | {"object_sha": oid if oid in taggers else None})
    now.rows += [_gone(ref, sha) for ref, sha in before.tips.items() if ref not in oids]
    return now


def _row(git: Git, ref: str, sha: str | None, previous: str | None, tagger: Tagger) -> dict[str, Any]:
    return _names(ref) | {
        "sha": sha,
        "tagger_name": tagger.name or None,
        "tagged_at": _time(tagger.seconds) if tagger.seconds else None,
        "previous_sha": previous,
        "rewritten": bool(sha and previous and sha != previous and not _is_ancestor(git, previous, sha)),
        "deleted": False,
    }


def _gone(ref: str, previous: str | None) -> dict[str, Any]:
    nothing = dict.fromkeys(("sha", "tagger_name", "tagged_at", "object_sha"))
    return _names(ref) | nothing | {"previous_sha": previous, "rewritten": False, "deleted": True}


def _names(ref: str) -> dict[str, Any]:
    kind, name = kind_and_name(ref) or ("", ref)
    return {"ref": ref, "kind": kind, "name": name}


def _is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `old` is part of the history of `new`; one that the clone no longer has is not (exit status 128)."""
    return git.run("merge-base", "--is-ancestor", old, new, allowed=(0, 1, 128)).returncode == 0


def _time(seconds: str) -> datetime:
    return _EPOCH + timedelta(seconds=int(to_seconds(pa.array([seconds]))[0]))
