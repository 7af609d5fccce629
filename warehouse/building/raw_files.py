"""Of which repositories the rows of each raw file are. A raw file never changes, so each is looked at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

__all__ = ["RepositoriesOf", "files_of", "repositories_of"]

RepositoriesOf = Mapping[str, Mapping[str, Sequence[str]]]
"""Table → name of a file → the repositories of its rows, as written there."""


def repositories_of(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[Path]], noted: RepositoriesOf
) -> RepositoriesOf:
    """Look at the files that are not noted."""
    result: dict[str, dict[str, Sequence[str]]] = {}
    for table, paths in files.items():
        before = noted.get(table, {})
        result[table] = {path.name: before[path.name] for path in paths if path.name in before}
        new = [str(path) for path in paths if path.name not in before]
        if not new:
            continue
        result[table].update({Path(path).name: [] for path in new})
        rows = connection.execute(
            "select filename, list(distinct repo_id order by repo_id) from read_parquet($files, filename = true) "
            "group by filename",
            {"files": new},
        ).fetchall()
        result[table].update({Path(name).name: repositories for name, repositories in rows})
    return result


def files_of(noted: Mapping[str, Sequence[str]], spellings: Mapping[str, str]) -> dict[str, set[str]]:
    """For each repository, in the spelling to use, the names of the files of one table that have rows of it."""
    files: dict[str, set[str]] = {}
    for name, repositories in noted.items():
        for repo_id in repositories:
            files.setdefault(spellings.get(repo_id, repo_id), set()).add(name)
    return files
