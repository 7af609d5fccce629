"""Table `near_names`: deployments of repositories of which no code is collected, and what they may be meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

import pyarrow as pa

from headway.notices import NOTICES
from headway.raw_tables.table import INT, TEXT
from headway.repository_names import repository_key
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["MODEL", "NEAR_NAMES", "edits", "near_names"]

_MOST_EDITS = 2
_SHORTEST = 4  # letters: of a shorter name two edits leave nothing
NEAR_NAMES = Table(
    "near_names",
    "repositories with reported deployments and no collected code, and the collected one of the nearest name",
    "one row per repository with such deployments",
    ("repo_id",),
    (
        ("repo_id", TEXT, "the repository that deployments are reported of"),
        ("near_repo_id", TEXT, "the collected repository of the nearest name, null without one"),
        ("deployments", INT, "deployments that are reported of the first"),
        ("detail", TEXT, "one sentence"),
        ("kind", TEXT, "`near_name`: almost that name, with commits and no deployments; else `not_collected`"),
    ),
)


def near_names(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From repositories, their collected code and their deployments."""
    counts = tables["raw_deployments"].group_by("repo_id").aggregate([("deployment_id", "count_distinct")])
    reported = {row["repo_id"]: row["deployment_id_count_distinct"] for row in counts.to_pylist()}
    collected = set(tables["raw_repositories"]["repo_id"].to_pylist())
    deployed = set(tables["production_deployments"]["repo_id"].to_pylist())
    applications = {row["repo_id"] for row in records(tables[REPOSITORIES]) if row["role"] == "application"}
    waiting = sorted((applications & collected) - deployed - set(reported))
    rows = []
    places = tables["raw_deployments"].group_by("repo_id").aggregate([("written_in", "min")]).to_pylist()
    written_in = {row["repo_id"]: row["written_in_min"] for row in places}
    for repo_id in sorted(set(reported) - collected):
        near = _nearest(repo_id, waiting)
        kind = "not_collected" if near is None else "near_name"
        near = near or _alike(repo_id, applications & collected)
        special = f"{reported[repo_id]:,} deployments"
        special += f" ({written_in[repo_id]})" if written_in[repo_id] else ""
        special += f"; the nearest collected name is {near}" if near else ""
        rows.append(
            {
                "repo_id": repo_id,
                "near_repo_id": near,
                "deployments": reported[repo_id],
                "detail": f"{NOTICES[kind].meaning}: {special}",
                "kind": kind,
            }
        )
    return NEAR_NAMES.of(rows)


MODEL = PythonModel(
    "near_names",
    (
        Input(REPOSITORIES, ("repo_id", "role")),
        Input("raw_repositories", ("repo_id",)),
        Input("raw_deployments", ("repo_id", "deployment_id", "written_in")),
        Input("production_deployments", ("repo_id",)),
    ),
    (NEAR_NAMES,),
    near_names,
    per_repository=False,
)


def _nearest(repo_id: str, others: Iterable[str]) -> str | None:
    """The one of other repositories whose name is almost this one, None where no name is."""
    distances = [(distance, other) for other in others if (distance := _distance(repo_id, other)) is not None]
    return min(distances)[1] if distances else None


def _alike(repo_id: str, others: Iterable[str]) -> str | None:
    """The name that is most alike, None where none is."""
    matches = difflib.get_close_matches(repo_id.lower(), {other.lower() for other in others}, n=1)
    return next((other for other in sorted(others) if other.lower() == matches[0]), None) if matches else None


def _distance(one: str, other: str) -> int | None:
    """The edits between two names; 0 if only owner, provider or case differ; None if they are not almost the same."""
    names = [repository_key(repo_id).partition(":")[2].lower() for repo_id in (one, other)]
    shorts = [name.rpartition("/")[2].removesuffix(".git") for name in names]
    if shorts[0] == shorts[1]:
        return 0
    # Names that differ in a number (`worker-1`, `worker-2`) are meant to.
    numbers = [re.findall(r"\d+", name) for name in names]
    if numbers[0] != numbers[1] or min(map(len, shorts)) < _SHORTEST:
        return None
    count = edits(*names)
    return count if count <= _MOST_EDITS else None


def edits(one: str, other: str) -> int:
    """Letters to change, add or leave out between two texts; no more than one above the most that count."""
    if abs(len(one) - len(other)) > _MOST_EDITS:
        return _MOST_EDITS + 1
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        after = [row]
        for column, candidate in enumerate(other, 1):
            swapped = before[column - 1] + (letter != candidate)
            after.append(min(before[column] + 1, after[column - 1] + 1, swapped))
        before = after
    return before[-1]
