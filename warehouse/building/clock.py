"""Whether a later time of a report shows a model anything that it did not see before.

Most models read the time of the report only to leave out what came after it. A source that is known further moves that
time for every repository that it feeds; where nothing lies between, such a model would make the same rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import duckdb

from warehouse.building.differences import WHOLE
from warehouse.model import Header, Model, SqlModel

__all__ = ["Clock"]


class Clock:
    """The times of the reports of two builds, by repository, and the latest times of the tables of the second one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, headers: Mapping[str, Header]) -> None:
        self._connection = connection
        self._headers = headers
        self._earlier: dict[str, datetime] = {}
        self._times: dict[str, set[str]] | None = None
        self._latest: dict[tuple[str, frozenset[str]], dict[str, datetime | None]] = {}

    def moves(self, before: str, now: str) -> None:
        """Learn the time of each report from two tables `report_times`."""
        moments = self._connection.execute(
            f'select repo_id, least(was.as_of, now.as_of) from "{before}" was join "{now}" now using (repo_id) '  # noqa: S608
            "where was.as_of is not null and now.as_of is not null"
        ).fetchall()
        self._earlier = dict(moments)

    def shows_the_same(self, model: Model, repo_id: str, differing: Collection[str]) -> bool:
        """Whether a model sees the same rows of a repository of which the time of the report moved.

        `differing`: the columns of `report_times` that differ. True where all times that the model reads are earlier
        than both reports, and it only compares them.
        """
        if not isinstance(model, SqlModel) or not model.only_compares_as_of or repo_id not in self._earlier:
            return False
        read = model.columns_of(self._headers["report_times"])
        tables = [table for table in model.reads if table != "report_times"]
        if read is None or not read & set(differing) <= {"as_of"} or not self._headers.keys() >= set(tables):
            return False
        for table in tables:
            latest = self._latest_of(table, model.columns_of(self._headers[table]))
            if any((at := latest.get(subject)) and at > self._earlier[repo_id] for subject in (repo_id, WHOLE)):
                return False
        return True

    def _latest_of(self, table: str, read: frozenset[str] | None) -> Mapping[str, datetime | None]:
        """For each repository the latest time in these columns of its rows (None: in all)."""
        header = self._headers[table]
        times = self._columns().get(table, set()) & (read if read is not None else set(header.columns))
        place = table, frozenset(times)
        if place not in self._latest:
            subject = "repo_id" if "repo_id" in header.columns else f"'{WHOLE}'"
            latest = ", ".join(f'max("{column}")' for column in sorted(times))
            self._latest[place] = (
                dict(
                    self._connection.execute(
                        f'select {subject}, greatest({latest}) from "{table}" group by 1'  # noqa: S608 - names of ours
                    ).fetchall()
                )
                if times
                else {}
            )
        return self._latest[place]

    def _columns(self) -> Mapping[str, set[str]]:
        """The columns of each table that hold times."""
        if self._times is None:
            self._times = {}
            for table, column in self._connection.execute(
                "select table_name, column_name from duckdb_columns()"
                " where schema_name = 'main' and data_type like 'TIMESTAMP%'"
            ).fetchall():
                self._times.setdefault(table, set()).add(column)
        return self._times
