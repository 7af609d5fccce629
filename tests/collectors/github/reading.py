"""A client of the collector that lives through nights: it keeps resume point and rows, as the warehouse does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from collectors.github import GitHubAuth, GitHubSource, Limits, auth_from, collect
from headway.errors import CollectError
from headway.progress import Progress, SilentProgress
from headway.raw_tables import TABLES, Checkpoint, Rows
from tests.builders.github import FakeGitHub

__all__ = ["Labels", "Reader", "folded", "token"]

PARENTS = {
    "pull_request_commits": ("pull_requests", ("repo_id", "number")),
    "pull_request_events": ("pull_requests", ("repo_id", "number")),
    "reviews": ("pull_requests", ("repo_id", "number")),
    "deployment_statuses": ("deployments", ("repo_id", "deployment_id")),
    "ci_jobs": ("ci_runs", ("repo_id", "run_id")),
}


class Labels(SilentProgress):
    """Remembers what was reported."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def step(self, done: int, total: int | None, label: str) -> None:
        """Remember it."""
        self.seen.append(label)

    def note(self, text: str) -> None:
        """Remember it too."""
        self.seen.append(text)


def token(github: FakeGitHub, value: str = "") -> GitHubAuth:
    """An identity of the fake's: the token that may read everything, or this one."""
    return auth_from({"GITHUB_TOKEN": value or github.token})


@dataclass
class Reader:
    """One source, read again and again."""

    github: FakeGitHub
    source: GitHubSource
    auth: GitHubAuth
    limits: Limits
    progress: Progress = field(default_factory=SilentProgress)
    resume: Mapping[str, Any] | None = None
    checkpoints: list[Checkpoint] = field(default_factory=list)
    tables: dict[str, list[pa.Table]] = field(default_factory=dict)
    errors: list[CollectError] = field(default_factory=list)

    @classmethod
    def of(cls, github: FakeGitHub, repo: str = "bulk", **limits: Any) -> Reader:
        """A reader of `acme/<repo>` for whom time passes as the fake's clock says."""
        source = GitHubSource("acme", repo, github.url)
        return cls(github, source, token(github), Limits(**{"waiting": github.clock, "gap_seconds": 0.0, **limits}))

    @property
    def watermark_at(self) -> datetime | None:
        """Up to when everything is known."""
        return self.checkpoints[-1].watermark_at if self.checkpoints else None

    def night(self, *, full: bool = False) -> dict[str, int]:
        """One run; how many rows came in of each table. An error ends it after what landed has landed."""
        counts: dict[str, int] = {}
        for item in self.items(full=full):
            if isinstance(item, Rows):
                counts[item.table] = counts.get(item.table, 0) + item.data.num_rows
        return counts

    def items(self, *, full: bool = False) -> Iterator[Rows | Checkpoint]:
        """One run, item by item; rows count when their checkpoint comes."""
        waiting: list[Rows] = []
        for item in collect(
            self.source,
            auth=self.auth,
            collected_at=self.github.clock.now(),
            resume=self.resume,
            full=full,
            progress=self.progress,
            limits=self.limits,
        ):
            if isinstance(item, Rows):
                waiting.append(item)
            else:
                for rows in waiting:
                    self.tables.setdefault(rows.table, []).append(rows.data)
                waiting, self.resume = [], item.resume
                self.checkpoints.append(item)
            yield item

    def nights_until_done(self, most: int = 50, **by: float) -> int:
        """Run until a run ends without an error; how many runs that took. Time passes between them."""
        for number in range(1, most + 1):
            try:
                self.night()
            except CollectError as error:
                self.errors.append(error)
                self.github.advance(**(by or {"hours": 1}))
            else:
                return number
        raise AssertionError(f"not done after {most} runs")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What the warehouse would make of a table: newest readings, no tombstones, sets with their parents."""
        return folded(self.tables)[table]

    def again(self) -> Reader:
        """A reader of the same source that knows nothing yet."""
        return replace(self, resume=None, checkpoints=[], tables={}, errors=[])


def folded(tables: Mapping[str, list[pa.Table]]) -> dict[str, list[dict[str, Any]]]:
    """Each table's rows as they count, without the time of their reading, in order of their keys."""
    newest: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for table in TABLES:
        kept = newest.setdefault(table, {})
        for part in tables.get(table, []):
            for row in part.to_pylist():
                key = tuple(row[name] for name in TABLES[table].key)
                if key not in kept or row["collected_at"] >= kept[key]["collected_at"]:
                    kept[key] = row
    # GitHub names what it deleted by id alone, where the key has the environment and the commit too.
    gone = {row["deployment_id"]: row["collected_at"] for row in newest["deployments"].values() if row["deleted"]}
    newest["deployments"] = {
        key: row
        for key, row in newest["deployments"].items()
        if row["deployment_id"] not in gone or row["collected_at"] > gone[row["deployment_id"]]
    }
    for table, (parent, columns) in PARENTS.items():
        read_at = {tuple(row[name] for name in columns): row["collected_at"] for row in newest[parent].values()}
        newest[table] = {
            key: row
            for key, row in newest[table].items()
            if row["collected_at"] == read_at.get(tuple(row[name] for name in columns))
        }
    return {
        table: [
            {name: value for name, value in row.items() if name != "collected_at"}
            for _, row in sorted(rows.items(), key=lambda item: [(part is not None, part) for part in item[0]])
            if not row.get("deleted")
        ]
        for table, rows in newest.items()
    }
