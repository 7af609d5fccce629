"""Raw rows in a few words, and the tables that a build makes of them.

::

    shop = Raw("acme/shop").commits("a b c:a m:b,c", says={"m": "Merge pull request #1 from ann/topic"})
    shop.pull(1, "c").deploy("d1", "m", 9)
    with built(shop, as_of=20) as tables:
        tables("select change_id, outcome from lead_times")

In the notation of a graph a word is a commit: its name, its parents behind a colon (without a colon: the word before;
`-` for none) and the hour of its making behind an `@` (without one: an hour after the word before). Times are hours
after `START`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

import duckdb
import pyarrow as pa

from headway.raw_tables import TABLES, Checkpoint, Rows, schema_of
from headway.settings import DeploymentRule, Settings
from tests.builders.anew import Anew
from tests.builders.shelf import SharedEngine, names_in, shelf
from warehouse.build import Sources, all_models, scan
from warehouse.model import Model, needed_for
from warehouse.store import Commit, RawStore

__all__ = ["END", "START", "Raw", "Tables", "arrow", "built", "commit_id", "graph", "hour", "ruled", "stored"]

START = datetime(2025, 1, 6)
END = 1000.0
WHOLE = bool(os.environ.get("WHOLE_BUILDS"))
LAST = "lead_times"
"""The table that the invariants are about, with all that it needs."""
CHECKED = frozenset({"service_lead_times"})
"""What the checks of whole tables read beside it."""


def hour(number: float) -> datetime:
    """The time so many hours after `START`."""
    return START + timedelta(hours=number)


def commit_id(name: str) -> str:
    """The id of the commit of this name; an id stays as it is."""
    whole = len(name) == 40 and set(name) <= set("0123456789abcdef")
    return name if whole else hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


def arrow(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows in the schema of a raw table; columns not given are null."""
    return pa.Table.from_pylist(list(rows), schema_of(table))


class Word(NamedTuple):
    """One commit of the notation."""

    name: str
    parents: tuple[str, ...]
    hour: float


def graph(notation: str, *, begin: float = 0, after: str | None = None) -> list[Word]:
    """Read the notation of a graph; `after` is the commit before the first word."""
    words: list[Word] = []
    before, clock = after, begin
    for text in notation.split():
        named, colon, parents = text.partition(":")
        name, _, at = named.partition("@")
        clock = float(at) if at else clock + 1
        listed = tuple(parents.split(",")) if colon else (before,) if before else ()
        words.append(Word(name, () if listed == ("-",) else listed, clock))
        before = name
    return words


def ruled(source: str = "records", **rule: Any) -> Settings:
    """Settings whose only rule says where deployments are seen."""
    return Settings(base=Path(), deployments=(DeploymentRule(source=source, **rule),))


class Raw:
    """The raw rows that one run of one source read of one repository."""

    def __init__(
        self,
        repo: str = "acme/shop",
        *,
        provider: str = "git",
        read: float = END,
        known: float | None = END,
        source: str = "",
        **facts: Any,
    ) -> None:
        self.repo_id = f"{provider}:{repo}"
        self.source = source or f"git:{repo}"
        self.collected_at = hour(read)
        self.watermark_at = hour(known) if known is not None else None
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self.names: list[str] = []
        self.main: str | None = None
        self._last: Word | None = None
        repository = {"provider": provider, "repo": repo, "default_branch": "main", "url": "", "shallow": False}
        self.add(
            "repositories", **{**repository, "origin": "clone", "pull_heads": True, "source": self.source, **facts}
        )

    def add(self, table: str, **row: Any) -> Self:
        """A row as it is; numbers in columns of times are hours."""
        times = {
            name: hour(value) for name, value in row.items() if name.endswith("_at") and isinstance(value, int | float)
        }
        self.rows[table].append({"repo_id": self.repo_id, "collected_at": self.collected_at, **row, **times})
        return self

    def commits(
        self,
        notation: str,
        *,
        says: Mapping[str, str] | None = None,
        authored: Mapping[str, float] | None = None,
        by: Mapping[str, str] | None = None,
        trees: Mapping[str, str] | None = None,
        branch: str | None = "main",
    ) -> Self:
        """Commits in the notation of a graph; `branch` is moved to the last one.

        `says` are their messages (default: the name), `authored` their author dates (default: that of the commit), `by`
        their authors (default: `ann`), `trees` their contents by a name (default: that of the commit).
        """
        words = graph(
            notation, begin=self._last.hour if self._last else 0, after=self._last.name if self._last else None
        )
        for word in words:
            who = (by or {}).get(word.name, "ann")
            self.add(
                "commits",
                sha=commit_id(word.name),
                parents=" ".join(map(commit_id, word.parents)),
                author_name=who,
                author_email=f"{who}@example.com",
                authored_at=float((authored or {}).get(word.name, word.hour)),
                author_utc_offset_minutes=0,
                committer_name=who,
                committer_email=f"{who}@example.com",
                committed_at=word.hour,
                committer_utc_offset_minutes=0,
                message=(says or {}).get(word.name, word.name),
                tree=commit_id(f"tree {(trees or {}).get(word.name, word.name)}"),
            )
            self.names.append(word.name)
            self._last = word
        return self if branch is None or not words else self.branch(branch, words[-1].name)

    def branch(self, name: str, commit: str) -> Self:
        """Point a branch at a commit."""
        return self._ref(f"refs/heads/{name}", "branch", name, commit)

    def pull(self, number: int, commit: str, refs: str = "pull") -> Self:
        """The head of a pull request; `refs` is `merge-requests` on GitLab."""
        return self._ref(f"refs/{refs}/{number}/head", "pull_head", str(number), commit)

    def tag(self, name: str, commit: str | None, at: float | None = None) -> Self:
        """A tag; with a time an annotated one."""
        self._ref(f"refs/tags/{name}", "tag", name, commit, at)
        if at is not None:
            self.rows["refs"][-1]["object_sha"] = commit_id(f"tag {name} {commit} {at}")
        return self

    def _ref(self, ref: str, kind: str, name: str, commit: str | None, at: float | None = None) -> Self:
        self.rows["refs"] = [row for row in self.rows["refs"] if row["ref"] != ref]
        sha = commit_id(commit) if commit else None
        row = {"ref": ref, "kind": kind, "name": name, "sha": sha, "tagged_at": at, "source": self.source}
        return self.add("refs", **row, rewritten=False, deleted=False)

    def files(self, commit: str, *paths: str) -> Self:
        """Paths that a commit changed."""
        for path in paths:
            self.add("commit_files", sha=commit_id(commit), status="M", path=path)
        return self

    def change(self, key: int | str, **facts: Any) -> Self:
        """A report of a pull request by number or of a push by commit; `opened=3` is short for `opened_at`."""
        number = key if isinstance(key, int) else None
        name = f"#{key}" if isinstance(key, int) else f"@{commit_id(key)}"
        times = {
            f"{fact}_at": value for fact, value in facts.items() if f"{fact}_at" in schema_of("change_records").names
        }
        rest = {fact: value for fact, value in facts.items() if f"{fact}_at" not in times}
        shas: dict[str, Any] = {fact: commit_id(rest[fact]) for fact in ("sha", "head_sha") if fact in rest}
        row: dict[str, Any] = {"change_key": name, "number": number, "deleted": False, **rest, **shas, **times}
        return self.add("change_records", **row)

    def deploy(
        self,
        name: str,
        commit: str | None,
        at: float | None = None,
        *,
        environment: str = "production",
        created: float | None = None,
        states: Sequence[tuple[str, float]] = (),
        **facts: Any,
    ) -> Self:
        """A reported deployment that succeeded `at`, or had these `states`."""
        had = list(states) or ([("success", at)] if at is not None else [])
        self.add(
            "deployments",
            **{
                "deployment_id": name,
                "application": "",
                "environment": environment,
                "sha": commit_id(commit) if commit else None,
                "created_at": created if created is not None else (had[0][1] if had else None),
                "source": "records",
                "deleted": False,
                **facts,
            },
        )
        for state, since in had:
            self.add("deployment_statuses", deployment_id=name, state=state, status_at=since)
        return self

    def ran(
        self, commit: str, at: float | None, *, name: str = "ci", conclusion: str | None = "success", **facts: Any
    ) -> Self:
        """A CI run on a commit of the default branch that ended `at`."""
        row = {"run_id": f"{name}-{len(self.rows['ci_runs'])}", "branch": "main", "created_at": at, **facts}
        return self.add("ci_runs", sha=commit_id(commit), name=name, conclusion=conclusion, finished_at=at, **row)

    def runs_version(
        self,
        version: str | None,
        at: float,
        *,
        application: str = "shop",
        environment: str = "production",
        step: str,
        alone: bool = True,
        path: str | None = None,
    ) -> Self:
        """A step of this manifests repository, by the name of its commit; `alone`: it changes nothing else."""
        where: dict[str, Any] = {
            "environment": environment,
            "application": application,
            "path": path or f"{environment}/{application}",
            "alone": alone,
        }
        position = len(self.rows["manifest_versions"])
        return self.add(
            "manifest_versions", sha=commit_id(step), version=version, changed_at=at, position=position, **where
        )

    def landed(self) -> Commit:
        """The commit file of a batch with these rows."""
        counts = {table: len(rows) for table, rows in self.rows.items() if rows}
        return Commit("", self.source, {}, counts, {}, self.collected_at, self.watermark_at, (self.repo_id,))


class Tables:
    """What was built, to be asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def __call__(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        rows: list[dict[str, Any]] = self.connection.sql(query).to_arrow_table().to_pylist()
        return rows

    def change(self, key: int | str) -> dict[str, Any]:
        """The one row of `lead_times` of a change, by number or landing commit."""
        key = f"#{key}" if isinstance(key, int) else f"@{commit_id(key)}"
        (row,) = self(f"select * from lead_times where change_id like '%{key}'")
        return row

    def hours(self, table: str, key: str, *columns: str) -> dict[Any, tuple[float | None, ...]]:
        """Times of a table as hours after `START`, by a column with one value a row."""
        rows = self(f"select * from {table}")
        return {row[key]: tuple(_since(row[column]) for column in columns) for row in rows}


def _since(at: datetime | None) -> float | None:
    return (at - START) / timedelta(hours=1) if at is not None else None


class _Growing(Tables):
    """Tables that are made when they are asked for."""

    def __init__(self, engine: Anew | SharedEngine, models: Sequence[Model]) -> None:
        self._plain = engine.connection
        self._engine = engine
        self._models = models
        self._known = {table for model in models for table in model.outputs}
        self._made: set[str] = set()
        if WHOLE:
            self._make(None)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:  # type: ignore[override]
        """A connection whose queries find the tables that they name."""
        return self._engine.reading(self._make)

    def __call__(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        self._make(names_in(query))
        return Tables(self._plain)(query)

    def _make(self, words: Collection[str] | None) -> None:
        """Make the tables among these words and what they need, and check the keys of those that were not there yet.

        Where no word is a table of ours, as in a list of all that there are, all are made.
        """
        if len(self._made) == len(self._models):
            return
        tables = self._known.intersection(words or ())
        needed = needed_for(self._models, tables) if tables else self._models
        if any(model.name == LAST for model in needed):
            needed = needed_for(self._models, {model.name for model in needed} | CHECKED)
        missing = [model for model in needed if model.name not in self._made]
        for model in missing:
            self._engine.make(model)
            self._made.add(model.name)
        self._engine.check(missing)
        if any(model.name == LAST for model in missing):
            self._engine.check_invariants()

    def finish(self) -> None:
        """Make the table of changes if no test asked for any, so that each build builds."""
        if not self._made:
            self._make([LAST])


@contextlib.contextmanager
def built(
    *parts: Raw,
    settings: Settings | None = None,
    as_of: float | datetime | None = None,
    teams: Mapping[str, str] | None = None,
    shuffled: random.Random | None = None,
    anew: bool = False,
) -> Iterator[Tables]:
    """Build tables of some raw rows in memory and check their invariants; without settings the defaults hold.

    Made is what a test asks for, with what that needs: planning the queries of all is half a second, and most tests ask
    for one. With `WHOLE_BUILDS` in the environment, as in the last step of `dev.py full`, all are made and checked.
    What an earlier build made of equal rows is used again, for reading only. A build `anew`, or of rows that are
    `shuffled`, makes every table itself, in a database of its own. Of several parts of one source the last one counts
    for the watermark.
    """
    raw = {}
    for table in TABLES:
        rows = [row for part in parts for row in part.rows[table]]
        if shuffled is not None:
            shuffled.shuffle(rows)
        raw[table] = arrow(table, rows)
    latest = {part.source: part.landed() for part in parts}
    moment = hour(as_of) if isinstance(as_of, int | float) else as_of
    sources = Sources({}, latest, teams or {})
    chosen = settings or Settings(base=Path())
    engine = Anew(raw) if anew or shuffled is not None else SharedEngine(shelf(), raw, (chosen, sources, moment))
    with contextlib.closing(engine):
        tables = _Growing(engine, all_models(chosen, scan(engine, sources), moment))
        yield tables
        tables.finish()


def stored(warehouse: Path, *parts: Raw) -> RawStore:
    """Write raw rows to a warehouse as a collector does, a batch for each part."""
    store = RawStore(warehouse)
    for part in parts:
        batch = store.begin(part.source, part.collected_at)
        for table, rows in part.rows.items():
            batch.write(Rows(table, arrow(table, rows)))
        batch.commit(Checkpoint({"rows": len(part.rows["commits"])}, part.watermark_at, (part.repo_id,)))
    return store
