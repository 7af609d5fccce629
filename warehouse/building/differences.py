"""Which rows of a table differ from those that the build before made, and in which columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import duckdb

from warehouse.model import Header

__all__ = ["EVERY", "WHOLE", "Differences", "among", "differences"]

EVERY = "*"
"""In place of the columns that differ: there are other rows than before."""
WHOLE = "(whole)"
"""In place of the id of a repository: the rows of a table that says nothing of repositories."""
Differences = Mapping[str, frozenset[str]]
"""For each repository whose rows of a table differ, the columns in which they do."""


def differences(
    connection: duckdb.DuckDBPyConnection, header: Header, new: str, repositories: Collection[str] | None
) -> Differences:
    """Compare the rows in `new` with those of the table, of all repositories or of these.

    The order in which rows lie does not count. Rows are compared by sums of 64-bit hashes, of each column together
    with the key of its row; that other values have the same sum is a chance of one in 10^19.
    """
    condition = "true" if repositories is None else among(repositories)
    key = f"hash(hash({_listed(header.key)}))"
    row = f"hash(hash({_listed(header.columns)}))"
    rows = _sums(
        connection, header, new, condition, (f"{key} as key_of_row", f"{row} as whole"), ("key_of_row", "whole")
    )
    differences = {
        subject: frozenset({EVERY} if old_sums[:2] != new_sums[:2] else ())
        for subject, (old_sums, new_sums) in rows.items()
        if old_sums != new_sums
    }
    if changed := [subject for subject, names in differences.items() if not names]:
        if WHOLE not in changed:
            condition = among(changed)
        # A hash of hashes: their own bits lie too close to those of the values for a sum of them.
        values = [f'hash(hash({key}, "{column}")) as "{column}"' for column in header.columns]
        sums = _sums(connection, header, new, condition, values, header.columns)
        for subject, (old_sums, new_sums) in sums.items():
            columns = zip(header.columns, old_sums[1:], new_sums[1:], strict=True)
            differences[subject] = frozenset(name for name, before, after in columns if before != after)
    return differences


def among(repositories: Collection[str]) -> str:
    """A condition that finds the rows of these repositories."""
    listed = ", ".join("'" + repo_id.replace("'", "''") + "'" for repo_id in sorted(repositories))
    return f"repo_id in ({listed})" if listed else "false"


def _sums(
    connection: duckdb.DuckDBPyConnection,
    header: Header,
    new: str,
    condition: str,
    values: Sequence[str],
    names: Collection[str],
) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each repository the number of rows and the sums of these values, of the table and of the new rows."""
    subject = f"coalesce(repo_id, '{WHOLE}')" if "repo_id" in header.columns else f"'{WHOLE}'"
    several = ", ".join(values)
    sums = ", ".join(f'sum("{name}"::hugeint)' for name in names)
    parts = " union all ".join(
        f'select {subject} as subject, {number} as side, {several} from "{relation}" where {condition}'  # noqa: S608
        for number, relation in enumerate((header.table, new))
    )
    rows = connection.execute(
        f"select subject, side, count(*), {sums} from ({parts}) group by subject, side"  # noqa: S608 - names of ours
    ).fetchall()
    sides: dict[str, dict[int, tuple[int, ...]]] = {}
    for subject_of_row, side, *numbers in rows:
        sides.setdefault(subject_of_row, {})[side] = tuple(numbers)
    return {subject_of_row: (by_side.get(0, ()), by_side.get(1, ())) for subject_of_row, by_side in sides.items()}


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
