"""Table `parameters`: the settings that are the same for every repository."""

from __future__ import annotations

from datetime import datetime

from headway.forge_words import words
from headway.raw_tables.table import INT, NUMBER, TEXT, TIME
from headway.settings import Settings
from warehouse.model import PythonModel, Table

__all__ = ["PARAMETERS", "model"]

PARAMETERS = Table(
    "parameters",
    "settings that are the same for every repository",
    "one row per build",
    ("code_complete",),
    (
        ("as_of", TIME, "the requested time of the report, UTC; null: each repository's watermark"),
        ("code_complete", TEXT, "the definition of code complete: setting `code_complete` of `[report]`"),
        (
            "title_prefix",
            TEXT,
            "what a merge bot writes before the title of a request that landed: no part of its title",
        ),
        ("in_use_window_days", INT, "an initiative counts as used for this many days after a sign of use"),
        ("failure_hours", NUMBER, "a hotfix within this many hours of a deployment shows that it failed"),
        ("incident_hours", NUMBER, "an incident within this many hours of a deployment is attributed to it"),
    ),
)


def model(settings: Settings, as_of: datetime | None) -> PythonModel:
    """The model for these settings and the requested time."""
    row = {
        "as_of": as_of,
        "code_complete": settings.report.code_complete,
        "title_prefix": words("prefix")[0].holds,
        "in_use_window_days": settings.rungs.window_days,
        "failure_hours": settings.dora.failure_days * 24.0,
        "incident_hours": float(settings.dora.incident_hours),
    }
    return PythonModel("parameters", (), (PARAMETERS,), lambda _: PARAMETERS.of([row]), per_repository=False)
