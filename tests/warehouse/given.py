"""One model at a time: given rows, the rows that it makes, with commits by the names that the builder gave them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from headway.progress import SilentProgress
from headway.raw_tables import TABLES
from headway.settings import Settings
from tests.builders.rows import Raw, arrow, commit_id, hour
from warehouse.build import Sources, build_tables
from warehouse.engines import DuckDBEngine
from warehouse.model import sql_models
from warehouse.models.arrivals.arrivals import arrivals
from warehouse.models.arrivals.deployment_chain import deployment_chain
from warehouse.models.changes.changes_from_git import changes_from_git
from warehouse.models.registry import python_models

__all__ = [
    "Deploy",
    "Landings",
    "arrived",
    "chained",
    "landings",
    "made",
    "model_inputs",
    "names",
    "rolled_out",
    "waves_of",
]


def names(*parts: Raw) -> dict[str | None, str | None]:
    """From the id of a commit to its name; the author's message has it no longer, the notation does."""
    return {None: None, **{commit_id(name): name for part in parts for name in part.names}}


class Landings(NamedTuple):
    """What `changes_from_git` made: a row for each change by its key, and the names of its own commits, sorted.

    `brought`: the commits of the default branch that came with each change. `doubts`: changes, each with a doubt.
    """

    rows: dict[str, dict[str, Any]]
    own: dict[str, list[str]]
    brought: dict[str, list[str]]
    doubts: list[tuple[str, str]]

    @property
    def notes(self) -> dict[str, int]:
        """How many changes have each doubt."""
        return dict(Counter(kind for _, kind in self.doubts))

    def doubtful(self, kind: str) -> set[str]:
        """The changes with this doubt."""
        return {change for change, told in self.doubts if told == kind}

    def column(self, name: str) -> dict[str, Any]:
        """One column by key."""
        return {key: row[name] for key, row in self.rows.items()}


def landings(raw: Raw, *, branch: str = "main", limit: int = 250, role: str = "application") -> Landings:
    """Changes of one repository as Git alone, and its reports, show them; keys of pushes are `@<name>`."""
    tables = changes_from_git(_git_tables(raw, branch=branch, limit=limit, role=role))
    name = names(raw)

    def key(text: str | None) -> str | None:
        return f"@{name[text[1:]]}" if text and text.startswith("@") else text

    rows = {}
    for row in tables["landings"].to_pylist():
        shown = {"landing_sha": name[row["landing_sha"]], "head_sha": name[row["head_sha"]]}
        rows[str(key(row["change_key"]))] = {**row, **shown, "reverted_by": key(row["reverted_by"])}
    assert len(rows) == tables["landings"].num_rows, "the change keys are not unique"
    pairs: dict[str, dict[str, list[str]]] = {"change_commits": {}, "landed_commits": {}}
    for table, by_change in pairs.items():
        for row in tables[table].to_pylist():
            by_change.setdefault(str(key(row["change_key"])), []).append(str(name[row["sha"]]))
        assert all(len(set(found)) == len(found) for found in by_change.values()), "a change names a commit twice"
    own, brought = ({change: sorted(found) for change, found in of.items()} for of in pairs.values())
    notes = [(str(key(row["change_key"])), row["kind"]) for row in tables["landing_notes"].to_pylist()]
    assert len(set(notes)) == len(notes), "a doubt about a change is noted twice"
    return Landings(rows, own, brought, notes)


def _git_tables(raw: Raw, *, branch: str = "main", limit: int = 250, role: str = "application") -> dict[str, pa.Table]:
    settings = {
        "repo_id": raw.repo_id,
        "role": role,
        "default_branch": branch,
        "max_branch_commits": limit,
        "differential": "",
    }
    given = {"repository_settings": pa.Table.from_pylist([settings])}
    for table, order in (("commits", "sha"), ("refs", "ref"), ("change_records", "change_key")):
        given[table] = arrow(table, sorted(raw.rows[table], key=lambda row: str(row[order])))
    given["change_reports"] = given.pop("change_records")
    patches = sorted(raw.rows["patch_ids"], key=lambda row: (row["sha"], row["patch_id"]))
    given["patch_ids"] = arrow("patch_ids", patches)
    given["closing_files"] = arrow("commit_files", raw.rows["commit_files"])
    return given


def model_inputs(name: str) -> dict[str, pa.Schema]:
    """The tables that a Python model reads, each with the columns that it asks for."""
    (model,) = [
        model for model in python_models(Settings(base=Path()), Sources({}, {}, {}), None) if model.name == name
    ]
    return {
        read.table: pa.schema([_types()[read.table].field(column) for column in read.columns]) for read in model.inputs
    }


def made(name: str, **tables: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows that one SQL model makes of these tables, in its own order of columns.

    Columns not given are null, and numbers in columns of times are hours. A table that is not given is empty.
    """
    (model,) = [model for model in sql_models() if model.name == name]
    with duckdb.connect() as connection:
        engine = DuckDBEngine(connection)
        for table in sorted(model.reads):
            engine.put(table, _table(table, tables.get(table, ())))
        assert set(tables) <= model.reads, f"{name} does not read {sorted(set(tables) - model.reads)}"
        engine.create(name, model.sql)
        rows: list[dict[str, Any]] = connection.sql(f"select * from {name}").to_arrow_table().to_pylist()
        return rows


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = _types()[name]
    assert all(set(row) <= set(schema.names) for row in rows), f"{name} has not all of these columns"
    return pa.Table.from_pylist(
        [{column: _value(value, schema, column) for column, value in row.items()} for row in rows], schema
    )


def _value(value: Any, schema: pa.Schema, column: str) -> Any:
    time = pa.types.is_timestamp(schema.field(column).type)
    return hour(value) if time and value is not None and not isinstance(value, datetime) else value


@cache
def _types() -> dict[str, pa.Schema]:
    """The columns of every table, as a build of nothing makes them."""
    with duckdb.connect() as connection:
        headers = build_tables(
            DuckDBEngine(connection), Sources({}, {}, {}), Settings(base=Path()), as_of=None, progress=SilentProgress()
        )
        tables = [header.table for header in headers]
        built = {table: connection.sql(f"select * from {table}").to_arrow_table().schema for table in tables}
    return {**built, **{f"raw_{table.name}": table.schema for table in TABLES.values()}}


class Deploy(NamedTuple):
    """A deployment as `deployment_times` has it; hours after the builder's start, None: never."""

    id: str
    commit: str
    at: float | None
    created: float | None = None
    environment: str = "production"
    application: str = ""
    undatable: bool = False
    service: str = ""

    def row(self, repo_id: str) -> dict[str, Any]:
        """Its row; one that was not created before was created when it succeeded."""
        created = self.at if self.created is None else self.created
        return {
            "repo_id": repo_id,
            "deployment_id": self.id,
            "application": self.application,
            "environment": self.environment,
            "production": self.environment.startswith("prod"),
            "sha": commit_id(self.commit),
            "created_at": hour(created) if created is not None else None,
            "succeeded_at": hour(self.at) if self.at is not None else None,
            "undatable": self.undatable,
            "part_of_sha": None,
            "service": self.service,
            "excluded": False,
            "version": "",
            "state": "success" if self.at is not None else "failure",
        }


def arrived(
    raw: Raw,
    *deployments: Deploy,
    patches: Mapping[str, str] = MappingProxyType({}),
    greens: Mapping[str, float] = MappingProxyType({}),
    arrival: str = "all",
    service: str = "",
) -> dict[str, dict[str, Any]]:
    """What `arrivals` says of each change in one service, which every change touches; commits by name."""
    found = changes_from_git(_git_tables(raw))
    made = _chain(raw, *deployments, service=service)
    given = {
        **_shipping(raw, deployments, arrival, service=service),
        **{name: made[name].to_pylist() for name in ("rollouts", "service_waves")},
        "change_services": [
            {"change_key": key, "service": service} for key in sorted(found["landings"]["change_key"].to_pylist())
        ],
        "change_landings": found["landings"],
        "change_commits": found["change_commits"],
        "landed_commits": found["landed_commits"],
        "patch_ids": [{"sha": commit_id(name), "patch_id": patch} for name, patch in patches.items()],
        "ci_successes": sorted(
            ({"sha": commit_id(name), "green_at": hour(at)} for name, at in greens.items()), key=itemgetter("green_at")
        ),
    }
    name = names(raw)
    shown = {}
    shipped = arrivals(_inputs("arrivals", raw, given))
    green = {row["change_key"]: row["integrated_sha"] for row in shipped["integrations"].to_pylist()}
    for row in shipped["arrivals"].to_pylist():
        key = row["change_key"]
        row["integrated_sha"] = green.get(key)
        row |= {column: name[row[column]] for column in ("mapped_through", "integrated_sha")}
        shown[f"@{name[key[1:]]}" if key.startswith("@") else key] = row
    return shown


def chained(raw: Raw, *deployments: Deploy) -> dict[str, dict[str, Any]]:
    """What `deployment_chain` says of each deployment."""
    rows = _chain(raw, *deployments)["deployment_chain"].to_pylist()
    return {row["deployment_id"]: row for row in rows}


def rolled_out(raw: Raw, *deployments: Deploy) -> dict[str, tuple[str, bool]]:
    """For each production deployment its roll-out, and whether it opens it."""
    rows = _chain(raw, *deployments)["rollouts"].to_pylist()
    return {row["deployment_id"]: (row["rollout_id"], row["opens_rollout"]) for row in rows}


def waves_of(raw: Raw, *deployments: Deploy, named: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """What `service_waves` says of each production environment."""
    rows = _chain(raw, *deployments, named=named)["service_waves"].to_pylist()
    return {row["environment"]: row for row in rows}


def _chain(raw: Raw, *deployments: Deploy, named: Sequence[str] = (), service: str = "") -> dict[str, pa.Table]:
    return deployment_chain(_inputs("deployment_chain", raw, _shipping(raw, deployments, "all", named, service)))


def _shipping(
    raw: Raw, deployments: Sequence[Deploy], arrival: str, named: Sequence[str] = (), service: str = ""
) -> dict[str, list[dict[str, Any]]]:
    rows = [deployment.row(raw.repo_id) for deployment in deployments]
    return {
        "deployment_times": rows,
        # As the model: a deployment of the whole repository is one of each of its services.
        "service_deployments": sorted(
            ({**row, "service": name} for row in rows for name in {row["service"] or service} | {row["service"]}),
            key=itemgetter("service", "deployment_id"),
        ),
        "services": [{"service": service, "arrival": arrival, "waves": "\n".join(named)}],
        "default_tips": [{"sha": ref["sha"]} for ref in raw.rows["refs"] if ref["name"] == "main"],
    }


def _inputs(model: str, raw: Raw, given: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The tables of a Python model, in the columns that it asks for."""
    tables = {"commits": sorted(raw.rows["commits"], key=itemgetter("sha")), **given}
    shaped = {}
    for name, schema in model_inputs(model).items():
        rows = tables[name] if isinstance(tables[name], list) else tables[name].to_pylist()
        shaped[name] = pa.Table.from_pylist([{column: row[column] for column in schema.names} for row in rows], schema)
    return shaped
