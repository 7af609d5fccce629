"""What a reader of the numbers must know about a file: counts of notices, and the fields or events that they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from collectors.records_file.index import Index
from collectors.records_file.kinds import KINDS
from collectors.records_file.rejects import RejectFile
from collectors.records_file.values import nearest, shown
from headway.notices import NoticeLedger

__all__ = ["notices_of", "specifics_of"]

_NAMED = 10


def notices_of(index: Index, rejects: RejectFile, before: Mapping[str, int], separator: str = "") -> NoticeLedger:
    """The notices of a file that was read completely; `before` are those of the reading before.

    `separator` is what separates the columns of a CSV file.

    They are about the file, not about one repository: the `repo_id` of their rows is empty.
    """
    ledger = NoticeLedger(before, again=True)
    ledger.state("rejected_lines", rejects.count)
    ledger.state("unknown_fields", index.unknown_fields.total())
    ledger.state("events_not_used", index.not_used.total())
    ledger.state("superseded_lines", index.superseded)
    ledger.state("future_times", index.in_future)
    ledger.state("times_after_file", index.after_file)
    ledger.state("trimmed_names", index.trimmed_lines)
    ledger.state("other_separator", int(separator not in {"", ","}))
    return ledger


def specifics_of(index: Index, rejects: RejectFile) -> dict[str, str]:
    """What in this file each kind of notice is about."""
    return {
        "rejected_lines": f"{rejects.count} of {index.lines} lines, {rejects.path.name}",
        "unknown_fields": _list(_with_guess(index.unknown_fields)),
        "events_not_used": _list(index.not_used),
        "superseded_lines": _lines(index.replacing, index.superseded),
        "future_times": _lines(index.future, index.in_future),
        "times_after_file": _lines(index.after, index.after_file),
        "trimmed_names": _lines(index.trimmed, index.trimmed_lines),
        "other_separator": "line 1",
    }


def _lines(first: list[tuple[int, str]], count: int) -> str:
    if not first:
        return ""
    named = ", ".join(f"line {number} {shown(what)}" for number, what in first)
    return named + (f" and {count - len(first):,} more" if count > len(first) else "")


def _with_guess(names: Counter[str]) -> Counter[str]:
    fields = {name for kind in KINDS.values() for name in kind.fields}
    counter: Counter[str] = Counter()
    for name, count in names.items():
        guess = None if name in fields else nearest(name, fields)
        counter[f"{shown(name)} (perhaps {guess!r})" if guess else shown(name)] += count
    return counter


def _list(counter: Counter[str]) -> str:
    """The most frequent first; equal ones by name, so that the same file always gives the same text."""
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{name if name.isprintable() else shown(name)} ({count} ×)" for name, count in ranked[:_NAMED])
    return text + (" …" if len(ranked) > _NAMED else "")
