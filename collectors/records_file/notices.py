"""What a reader of the numbers must know about a file, as rows of `notices`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.records_file.index import Index
from collectors.records_file.kinds import KINDS
from collectors.records_file.rejects import RejectFile
from collectors.records_file.values import nearest, shown

__all__ = ["counts_of", "notices"]

_NAMED = 10


def counts_of(index: Index, rejects: RejectFile) -> dict[str, int]:
    """How many of each kind of notice."""
    return {
        "rejected_lines": rejects.count,
        "unknown_fields": index.unknown_fields.total(),
        "events_not_used": index.not_used.total(),
        "superseded_lines": index.superseded,
        "future_times": index.in_future,
    }


def notices(source: str, index: Index, rejects: RejectFile, before: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """A row a kind that has something to say, and one with a count of 0 where it no longer has.

    They are about the file, not about one repository: their `repo_id` is empty.
    """
    details = {
        "rejected_lines": f"{rejects.count} of {index.lines} lines are not in; the reasons are in {rejects.path.name}",
        "unknown_fields": f"fields that no record has, left out: {_list(_with_guess(index.unknown_fields))}",
        "events_not_used": f"events that have no meaning here: {_list(index.not_used)}",
        "superseded_lines": "lines about a row on which another line of the same file has the last word",
        "future_times": "lines with a time later than their reading; the watermark does not follow them",
    }
    for kind, count in counts_of(index, rejects).items():
        if count or before.get(kind):
            detail = details[kind] if count else ""
            yield {"repo_id": "", "source": source, "kind": kind, "detail": detail, "count": count}


def _with_guess(names: Counter[str]) -> Counter[str]:
    known = {name for kind in KINDS.values() for name in kind.fields}
    told: Counter[str] = Counter()
    for name, count in names.items():
        guess = None if name in known else nearest(name, known)
        told[f"{shown(name)} (perhaps {guess!r})" if guess else shown(name)] += count
    return told


def _list(counter: Counter[str]) -> str:
    """The most frequent first; equal ones by name, so that the same file always tells the same."""
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{name if name.isprintable() else shown(name)} ({count} ×)" for name, count in ranked[:_NAMED])
    return told + (" …" if len(ranked) > _NAMED else "")
