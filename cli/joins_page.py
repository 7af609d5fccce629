"""The reference page of keys and joins, from the list that a test runs."""

from __future__ import annotations

from analytics.reports.published.joins import joins

__all__ = ["joins_page"]

_HEAD = """`headway.duckdb` in the warehouse folder is always the newest published file (`headway sql` prints its path).
It holds the [tables](tables.md) in schema `main` and [reports](reports.md) as views in schema `reports`. Comments say
what each table, view and column means, and end with the key of a table or view: no two of its rows share one. A build
that breaks the key of a table is not published. There are no constraints in the file, so tools that look for keys
need this page.

## Reading it with other tools

- DuckDB 1.5 or newer reads the file. Open it read only: `duckdb -readonly headway-data/headway.duckdb`. A file that
  something wrote to is not built on: the next build makes everything again.
- Every build puts a new file in its place in one step. Who has the file before open reads on in that one, and sees
  none of the new rows.
- DuckDB keeps a database open by its path within a process. A program that stays sees the new file after it has
  closed **every** connection and cursor to the path, and connected again. To know when: `os.stat(path).st_ino`
  differs.
- On a disk without hard links `headway.duckdb` is a symbolic link, and DuckDB may resolve it when it opens the file.
- Times are UTC without a zone; durations are decimal hours.

```python
import duckdb

with duckdb.connect("headway-data/headway.duckdb", read_only=True) as connection:
    waiting = connection.sql("from reports.lead_time where outcome = 'waiting'").df()
```

## Joins

Columns of the left table lead to at most one row of the right one; to exactly one, unless the last column says when
they do not. A null leads nowhere. Tables of one repository have `repo_id`; `change_key` is unique within a
repository, `change_id` over all.

| from | columns | to | gives | no row for |
| --- | --- | --- | --- | --- |
"""


def joins_page(generated: str) -> str:
    """The page; `generated` is the comment of all generated pages."""
    rows = (
        f"| {join.table} | {_names(join.columns)} | {join.to}{_other(join.columns, join.to_columns)} | {join.meaning} "
        f"| {join.optional} |\n"
        for join in joins()
    )
    return f"# Keys and joins\n\n{generated}{_HEAD}{''.join(rows)}"


def _other(columns: tuple[str, ...], to_columns: tuple[str, ...]) -> str:
    return "" if columns == to_columns else f" ({_names(to_columns)})"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)
