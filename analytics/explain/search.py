"""Changes that a text names: by part of their title or author, their id, or the first letters of a commit."""

from __future__ import annotations

import duckdb
import polars as pl

__all__ = ["FEWEST_LETTERS", "MOST", "search"]

MOST = 50
FEWEST_LETTERS = 2
_FEWEST_OF_COMMIT = 6
_SEARCH = f"""
    with named as (
        select change_id from lead_times
        where contains(lower(coalesce(title, '')), $text) or contains(lower(coalesce(author, '')), $text)
            or contains(lower(change_id), $text)
        union
        select repo_id || change_key as change_id from change_commits
        where length($text) >= {_FEWEST_OF_COMMIT} and starts_with(sha, $text)
        union
        select change_id from lead_times where length($text) >= {_FEWEST_OF_COMMIT} and starts_with(sha, $text)
    )
    select change_id, title, author, outcome, current_stage, code_complete_at, production_at, url
    from lead_times inner join named using (change_id)
    order by code_complete_at desc nulls last, change_id limit {MOST}
"""  # noqa: S608  (numbers of ours)


def search(connection: duckdb.DuckDBPyConnection, text: str) -> pl.DataFrame:
    """Return the newest changes that `text` names, at most `MOST`; none for a text of a letter."""
    phrase = text.strip().lower()
    table: pl.DataFrame = connection.cursor().sql(_SEARCH, params={"text": phrase}).pl()
    return table if len(phrase) >= FEWEST_LETTERS else table.clear()
