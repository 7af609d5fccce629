"""Derive every table that reports read from the raw rows, as of a moment.

A build is always a full one, into a new file: no migrations, no state that could be stale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from headway.progress import Progress
from headway.raw_tables import TABLES
from headway.settings import DoraSettings, Settings
from warehouse import parameters
from warehouse.classify import Rules, RuleSettings
from warehouse.engines import Engine
from warehouse.initiatives import InitiativeRules
from warehouse.model import Model, PythonModel, in_order, needed_for, sql_models
from warehouse.models.registry import python_models
from warehouse.store import Commit

__all__ = ["Sources", "all_models", "build_tables"]


@dataclass(frozen=True)
class Sources:
    """What a build starts from: the visible raw files, the newest batch of each source, and who owns what."""

    files: Mapping[str, Sequence[Path]]
    latest: Mapping[str, Commit]
    teams: Mapping[str, str]


def all_models(rules: Rules, dora: DoraSettings, initiatives: InitiativeRules | None = None) -> list[Model]:
    """Every model in the order in which a build runs it.

    `rules` tell AI work, `dora` what a team calls a fix, `initiatives` which changes belong together.
    """
    return in_order((*sql_models(), *python_models(rules, dora, initiatives)))


def build_tables(
    engine: Engine,
    sources: Sources,
    settings: Settings,
    *,
    as_of: datetime | None,
    progress: Progress,
    wanted: Collection[str] = (),
) -> list[str]:
    """Make all tables in `engine`; returns their names in the order made. `as_of` None: up to each watermark.

    With `wanted` only these tables are made, and those that they need.
    """
    for table in TABLES.values():
        engine.scan(f"raw_{table.name}", sources.files.get(table.name, ()), table.schema)
    made = _parameters(engine, sources, settings, as_of)
    models = all_models(Rules.load(RuleSettings.of(settings.ai)), settings.dora, InitiativeRules.of(settings))
    if wanted:
        models = needed_for(models, wanted)
    for done, model in enumerate(models):
        progress.step(done, len(models), f"building {model.name}")
        if isinstance(model, PythonModel):
            repositories = engine.fetch("repository_settings", ["repo_id"], order=["repo_id"])["repo_id"].to_pylist()
            for name, table in _run(engine, model, repositories).items():
                engine.put(name, table)
        else:
            engine.create(model.name, model.sql)
        if model.name == "deployments_seen":
            names = engine.fetch("deployments_seen", ["environment"])["environment"].to_pylist()
            engine.put("environments", parameters.environments(names, settings))
            made.append("environments")
        made.extend(model.outputs)
    progress.done()
    return made


def _run(engine: Engine, model: PythonModel, repositories: Iterable[str]) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {name: [schema.empty_table()] for name, schema in model.schemas.items()}
    for repo_id in repositories:
        inputs: dict[str, pa.Table] = {}
        for read in model.inputs:
            inputs[read.table] = engine.fetch(read.table, read.columns, order=read.order, repo_id=repo_id)
            if inputs[model.inputs[0].table].num_rows == 0:
                break  # the first input is what the model is about: without it there is nothing to say
        else:
            _add(parts, model.function(inputs))
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def _add(parts: Mapping[str, list[pa.Table]], made: Mapping[str, pa.Table]) -> None:
    for name, table in made.items():
        parts[name].append(table)


def _parameters(engine: Engine, sources: Sources, settings: Settings, as_of: datetime | None) -> list[str]:
    engine.put("parameters", parameters.parameters(settings, as_of))
    watermarks = parameters.source_watermarks(sources.latest)
    engine.put("source_watermarks", watermarks)
    newest: dict[str, dict[str, object]] = {}
    columns = ["repo_id", "url", "default_branch", "shallow", "collected_at"]
    for row in engine.fetch("raw_repositories", columns, order=["collected_at", "default_branch", "url"]).to_pylist():
        newest[row["repo_id"]] = row
    tags: dict[str, list[str]] = {}
    for row in engine.fetch("raw_refs", ["repo_id", "kind", "name"]).to_pylist():
        if row["kind"] == "tag":
            tags.setdefault(row["repo_id"], []).append(row["name"])
    manifests = engine.fetch("raw_manifest_versions", ["repo_id", "application"])
    table = parameters.repository_settings(
        settings,
        newest.values(),
        watermarks["repo_id"].to_pylist(),
        zip(manifests["repo_id"].to_pylist(), manifests["application"].to_pylist(), strict=True),
        engine.fetch("raw_deployments", ["repo_id"])["repo_id"].to_pylist(),
        tags,
        {
            repo_id: team
            for source, team in sources.teams.items()
            if source in sources.latest
            for repo_id in sources.latest[source].repo_ids
        },
    )
    engine.put("repository_settings", table)
    return ["parameters", "source_watermarks", "repository_settings"]
