"""Table `deployment_notices`: what in reported deployments cannot be right or needs a setting, with the line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from headway.environment_names import EnvironmentName, environment_name
from headway.notices import NOTICES
from headway.raw_tables.table import INT, TEXT
from headway.settings import Settings
from headway.times import shown
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.deployments.environments import named_production
from warehouse.models.rows import records

__all__ = ["DEPLOYMENT_NOTICES", "deployment_notices", "model"]

_NAMED = 3
_ENVIRONMENTS_NAMED = 8
_FEWEST_EARLY = 3
_WESTERNMOST_HOURS = 12.0
DEPLOYMENT_NOTICES = Table(
    "deployment_notices",
    "what in reported deployments cannot be right, or needs a setting",
    "one row per repository and kind",
    ("repo_id", "kind"),
    (
        ("repo_id", TEXT, "repository"),
        ("kind", TEXT, "as in `notices`"),
        ("detail", TEXT, "one sentence"),
        ("count", INT, "deployments that it is about"),
    ),
)
_Rows = Sequence[Mapping[str, Any]]


def model(settings: Settings) -> PythonModel:
    """The model for these settings."""
    return PythonModel(
        "deployment_notices",
        (
            Input("reported_environments", ("repo_id", "environment", "deployments", "written_in")),
            Input(
                "reported_doubts",
                (
                    "repo_id",
                    "deployment_id",
                    "kind",
                    "environment",
                    "record_id",
                    "version",
                    "early_hours",
                    "source",
                    "written_in",
                ),
                ("repo_id", "kind", "deployment_id"),
            ),
            Input(
                "restated_deployments",
                (
                    "repo_id",
                    "deployment_id",
                    "kind",
                    "environment",
                    "record_id",
                    "counted_at",
                    "counted_in",
                    "other_state",
                    "other_at",
                    "other_in",
                ),
                ("repo_id", "other_at", "deployment_id", "kind"),
            ),
            Input(
                "environments", ("repo_id", "environment", "production", "contradiction"), ("repo_id", "environment")
            ),
            Input(REPOSITORIES, ("repo_id", "role", "deployed_from", "deployed_from_default")),
        ),
        (DEPLOYMENT_NOTICES,),
        partial(deployment_notices, settings=settings),
        per_repository=False,
    )


def deployment_notices(tables: Mapping[str, pa.Table], settings: Settings) -> pa.Table:
    """From reported deployments and the environments that count as production: one row per repository and kind."""
    environments = _by_repository(records(tables["reported_environments"]))
    judged = _by_repository(records(tables["environments"]))
    doubts = _by_repository(records(tables["reported_doubts"]))
    restated = _by_repository(records(tables["restated_deployments"]))
    rows: list[dict[str, Any]] = []
    for repository in sorted(records(tables[REPOSITORIES]), key=lambda row: str(row["repo_id"])):
        repo_id = repository["repo_id"]
        reported = sorted(environments.get(repo_id, ()), key=lambda row: (-row["deployments"], row["environment"]))
        found = [
            *_production(repository, reported, judged.get(repo_id, ()), settings),
            *_contradictions(judged.get(repo_id, ())),
            *_names(repo_id, reported, settings),
            *_doubts(doubts.get(repo_id, ())),
            *_restated(restated.get(repo_id, ())),
        ]
        rows.extend(
            {"repo_id": repo_id, "kind": kind, "detail": f"{NOTICES[kind].meaning}: {special}", "count": count}
            for kind, special, count in found
        )
    return DEPLOYMENT_NOTICES.of(rows)


def _by_repository(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["repo_id"], []).append(row)
    return grouped


def _production(
    repository: Mapping[str, Any], reported: _Rows, judged: _Rows, settings: Settings
) -> Iterator[tuple[str, str, int]]:
    """Nothing that is reported is production, or what is reported is not used."""
    if not reported:
        return
    names = ", ".join(
        f"{_shown(row['environment'])} ({row['deployments']:,})" for row in reported[:_ENVIRONMENTS_NAMED]
    )
    names += f" and {len(reported) - _ENVIRONMENTS_NAMED} more" if len(reported) > _ENVIRONMENTS_NAMED else ""
    count = sum(row["deployments"] for row in reported)
    if repository["deployed_from"] == "records":
        if not any(row["production"] for row in judged):
            yield "no_production_environment", names, count
    elif repository["deployed_from_default"] and not any(
        named_production(row["repo_id"], row["environment"], settings) for row in reported
    ):
        yield "reports_not_used", f"{names}; deployments come from {repository['deployed_from']}", count


def _contradictions(judged: _Rows) -> Iterator[tuple[str, str, int]]:
    for kind, which in (("flagged_though_named", "flagged"), ("not_flagged_though_named", "not_flagged")):
        names = [_shown(row["environment"]) for row in judged if row["contradiction"] == which]
        if names:
            yield kind, ", ".join(names[:_ENVIRONMENTS_NAMED]), len(names)


def _names(repo_id: str, reported: _Rows, settings: Settings) -> Iterator[tuple[str, str, int]]:
    """Rare spellings of production beside the usual one, as people write them."""
    spelled = [
        row
        for row in reported
        if environment_name(row["environment"], repo_id) is EnvironmentName.PRODUCTION
        and row["environment"].strip().lower() in {"prod", "production", "prd", "live"}
    ]
    if len(spelled) > 1 and settings.inference.production:
        usual, *others = spelled
        listed = ", ".join(
            _at(row, f"{_shown(row['environment'])} ({row['deployments']:,})") for row in others[:_NAMED]
        )
        yield (
            "several_names_of_production",
            f"{listed}, where {usual['deployments']:,} say {_shown(usual['environment'])}",
            sum(row["deployments"] for row in others),
        )


def _doubts(doubts: _Rows) -> Iterator[tuple[str, str, int]]:
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for row in doubts:
        by_kind.setdefault(row["kind"], []).append(row)
    if repeated := by_kind.get("repeated_id"):
        ids = sorted({row["record_id"] for row in repeated})
        listed = _first(repeated, lambda row: f"{_shown(row['record_id'])} to {_shown(row['environment'])}")
        yield "repeated_ids", f"{len(ids):,} ids, {len(repeated):,} deployments: {listed}", len(repeated)
    if missing := [row for row in by_kind.get("no_such_commit", ()) if row["source"] == "records"]:
        listed = _first(missing, lambda row: _shown((row["version"] or "")[:12]))
        yield "commits_on_no_branch", f"{len(missing):,} deployments: {listed}", len(missing)
    if early := by_kind.get("before_commit"):
        hours = math.ceil(max(row["early_hours"] for row in early))
        listed = _first(early, lambda row: f"{_shown(row['record_id'])} by {row['early_hours']:.1f} h")
        kind = "local_times" if len(early) >= _FEWEST_EARLY and _by_one_zone(early) else "deployed_before_commit"
        zone = f"; with {hours} h added none would be" if kind == "local_times" else ""
        yield kind, f"{len(early):,} deployments: {listed}{zone}", len(early)
    if silent := by_kind.get("without_status"):
        listed = _first(silent, lambda row: f"{_shown(row['record_id'])} to {_shown(row['environment'])}")
        yield (
            "deployments_without_status",
            f"{len(silent):,} production deployments have no status: {listed}",
            len(silent),
        )


def _restated(restated: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, int]]:
    """Deployments of which several lines, or the file as read before, say something else than what counts."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for row in restated:
        by_kind.setdefault(row["kind"], []).append(row)
    for kind, notice in (("several", "restated_deployments"), ("changed", "changed_deployments")):
        if rows := by_kind.get(kind):
            yield (
                notice,
                f"{len(rows):,} deployments: {'; '.join(map(_what_counts, rows[:_NAMED]))}{_more(rows)}",
                len(rows),
            )


def _what_counts(row: Mapping[str, Any]) -> str:
    other = f"{row['other_state']} at {shown(row['other_at'])} ({row['other_in']})"
    counted = f"success at {shown(row['counted_at'])} ({row['counted_in']}) counts"
    if row["counted_at"] is None:
        change = f"no success counts; before it was {other}"
    elif row["kind"] == "changed":
        change = counted if row["counted_at"] == row["other_at"] else f"{counted}; before it was {other}"
    else:
        change = f"{counted}, not {other}"
    return f"{_shown(row['record_id'])} to {_shown(row['environment'])}: {change}"


def _by_one_zone(early: _Rows) -> bool:
    """Whether a time zone west of UTC explains all of them: the latest one is twelve hours behind."""
    latest: float = max(row["early_hours"] for row in early)
    return latest <= _WESTERNMOST_HOURS


def _first(rows: _Rows, words: Any) -> str:
    listed = ", ".join(_at(row, words(row)) for row in rows[:_NAMED])
    return listed + _more(rows)


def _more(rows: _Rows) -> str:
    return f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""


def _at(row: Mapping[str, Any], words: str) -> str:
    return f"{words} ({row['written_in']})" if row["written_in"] else words


def _shown(name: str) -> str:
    return repr(name[:60]) if name != name.strip() or not name.isprintable() or not name else name[:60]
