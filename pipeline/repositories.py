"""Names of repositories: as the warehouse spells them, and those that are almost the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from glob import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from headway.notices import NOTICES
from headway.repository_names import change_of, names_match, repository_key
from headway.settings.pasted import to_paste

_NAMED = 3
_HELD_BACK = timedelta(days=2)
_WATERMARKS = "select provider, repo, watermark_at, newest_at, held_by from coverage order by provider, repo"
__all__ = [
    "change_as_spelled",
    "doubtful_records",
    "first_of",
    "held_back",
    "held_back_lines",
    "more_than",
    "notice_lines",
    "notices_in_order",
    "remedy_of",
    "repository_spellings",
]


def repository_spellings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The ids of the repositories in the warehouse, by what all spellings of each have in common."""
    ids = connection.sql("select repo_id from repository_settings order by repo_id").fetchall()
    return {repository_key(repo_id): repo_id for (repo_id,) in ids}


def change_as_spelled(change_id: str, spellings: dict[str, str]) -> str:
    """The id of a change with its repository as the warehouse spells it, its provider too where only one fits."""
    repo_id, key = change_of(change_id)
    exact = spellings.get(repository_key(repo_id))
    fitting = (
        [exact] if exact else [spelling for spelling in spellings.values() if names_match(escape(repo_id), spelling)]
    )
    return f"{fitting[0] if len(fitting) == 1 else repo_id}{key}"


def first_of(rows: Iterable[tuple[str, str, str, str]], most: int) -> list[tuple[str, str, str, str]]:
    """The first few notices of each kind; each is repository, source, kind and detail."""
    counts: Counter[str] = Counter()
    first = []
    for row in rows:
        counts[row[2]] += 1
        if counts[row[2]] <= most:
            first.append(row)
    return first


def more_than(rows: Iterable[tuple[str, str, str, str]], most: int) -> dict[str, int]:
    """How many notices of each kind there are beyond the first few."""
    counts = Counter(kind for _, _, kind, _ in rows)
    return {kind: count - most for kind, count in sorted(counts.items()) if count > most}


def held_back(coverage: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """By repository that one source holds back for days behind the others: a sentence that names the source.

    `coverage` are rows of that table.
    """
    lines: dict[str, str] = {}
    for row in coverage:
        through, newest = row["watermark_at"], row["newest_at"]
        if through is not None and newest - through > _HELD_BACK:
            lines[f"{row['provider']}:{row['repo']}"] = (
                f"reported only through {through:%Y-%m-%d %H:%M}Z: {row['held_by']} ends there and holds it back;"
                f" another source is complete through {newest:%Y-%m-%d %H:%M}Z"
            )
    return lines


def held_back_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Lines to print after a build: repositories that one source holds back behind the others."""
    rows = connection.sql(_WATERMARKS).to_arrow_table().to_pylist()
    for name, line in held_back(rows).items():
        yield f"{name}: {line}\n  hint: `headway doctor` says what to do"


def notices_in_order(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str]]:
    """Every notice that holds: repository, source, kind and detail; failures first, then those that need a look."""
    rows = connection.sql("select repo_id, source, kind, detail from notices where count > 0").fetchall()

    def rank(row: tuple[str, str, str, str]) -> tuple[bool, bool, str, str, str]:
        notice = NOTICES.get(row[2])
        return (not (notice and notice.failure), not (notice and notice.told), row[2], row[0], row[1])

    return sorted(rows, key=rank)


def notice_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What to print after a build: each notice in the words of `headway doctor`, the first few of each kind.

    The last of a kind has the hint on a line of its own.
    """
    rows = notices_in_order(connection)
    more = more_than(rows, _NAMED)
    for kind, notices in groupby(first_of(rows, _NAMED), key=itemgetter(2)):
        lines = [f"{repo_id or source}: {detail}" for repo_id, source, _, detail in notices]
        if kind in more:
            lines.append(f"{more[kind]:,} more of this kind: `headway doctor` lists them")
        if (remedy := remedy_of(kind)) != "nothing":
            lines[-1] += f"\n  hint: {remedy}"
        yield from lines


def doubtful_records(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """After a build: what in records puts lead times or services in doubt, with the setting or step that fixes it."""
    from analytics.reports.doubtful.record_clocks import WRITE_ZONES, record_clocks
    from analytics.reports.doubtful.renames import renaming_settings

    yield from ((line, WRITE_ZONES) for line in record_clocks(connection))
    yield from ((line, to_paste(setting, " " * 4)) for line, setting in renaming_settings(connection).items())


def remedy_of(kind: str) -> str:
    """What ends a notice; an older version may have left kinds that this one does not know."""
    return NOTICES[kind].remedy if kind in NOTICES else "nothing"
