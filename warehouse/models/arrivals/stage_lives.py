"""Table `stage_lives`: from when to when work passes CI and an environment before production."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import TEXT, TIME
from warehouse.model import Input, PythonModel, Table
from warehouse.models.deployments.silence import silent_since
from warehouse.models.rows import records

__all__ = ["MODEL", "STAGE_LIVES", "stage_lives"]

STAGE_LIVES = Table(
    "stage_lives",
    "from when to when changes of a service pass CI, and an environment before production",
    "one row per repository and service",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "service, `*` for whole changes, empty where the repository is one service"),
        ("build_since_at", TIME, "the first change passed CI, UTC; null where none did"),
        ("build_until_at", TIME, "the last one did, UTC, if that fell silent while production went on; else null"),
        ("staging_since_at", TIME, "the first change was staged, UTC; null where none was"),
        ("staging_until_at", TIME, "the last one was, UTC, if that fell silent while production went on; else null"),
    ),
)
_STAGES = {"build": "integrated_at", "staging": "staged_at"}


def stage_lives(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From the milestones of one repository's changes: when the first and the last change of each service passed them.

    A stage that nothing passes any more ended, as an environment that fell silent does.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in records(tables["change_milestones"]):
        groups.setdefault((row["repo_id"], row["service"]), []).append(row)
    rows = []
    for (repo_id, service), changes in sorted(groups.items()):
        shipped = max((at for row in changes if (at := row["first_production_at"])), default=None)
        row = {"repo_id": repo_id, "service": service}
        for stage, milestone in _STAGES.items():
            since, until = _life((change[milestone] for change in changes), shipped)
            row |= {f"{stage}_since_at": since, f"{stage}_until_at": until}
        rows.append(row)
    return STAGE_LIVES.of(rows)


def _life(moments: Iterable[datetime | None], shipped: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The first of these moments, and the last if it is long before the last change that was shipped."""
    times = sorted({at for at in moments if at is not None})
    return times[0] if times else None, silent_since(times, shipped) if shipped is not None else None


MODEL = PythonModel(
    "stage_lives",
    (
        Input(
            "change_milestones",
            ("repo_id", "service", "integrated_at", "staged_at", "first_production_at"),
            ("change_id", "service"),
        ),
    ),
    (STAGE_LIVES,),
    stage_lives,
)
