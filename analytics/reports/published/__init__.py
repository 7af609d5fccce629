"""Reports in the published file: those that are its tables, what each column means, keys, joins and views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.reports.published.contract import LEAD_TIME_COLUMNS

if TYPE_CHECKING:
    from analytics.reports.published.tables import classification, coverage, deployments, lead_time

__all__ = ["LEAD_TIME_COLUMNS", "classification", "coverage", "deployments", "lead_time"]


def __getattr__(name: str) -> Any:
    """Import the reports when they are needed: a build makes the views without Polars."""
    if name not in __all__:
        raise AttributeError(name)
    from analytics.reports.published import tables

    return getattr(tables, name)
