"""Names of repositories: as the warehouse spells them, and those that are almost the same."""

from __future__ import annotations

from collections.abc import Iterator
from glob import escape

import duckdb

from headway.notices import NOTICES
from headway.repository_names import change_of, names_match, repository_key
from headway.settings import Settings
from warehouse.publish import open_published

__all__ = ["change_as_spelled", "near_names", "repository_spellings"]


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


def near_names(settings: Settings) -> Iterator[str]:
    """Lines to print after a build: deployments of repositories that are probably meant to have another name."""
    with open_published(settings.warehouse_folder) as connection:
        rows = connection.sql(
            "select repo_id, detail from notices where kind = 'near_name' order by repo_id"
        ).fetchall()
    for repo_id, detail in rows:
        yield f"{repo_id}: {detail}\n  hint: {NOTICES['near_name'].remedy}"
