"""Reports in the published file: those that are its tables, what each column means, keys, joins and views."""

from analytics.reports.published.tables import (
    LEAD_TIME_COLUMNS,
    classification,
    coverage,
    deployments,
    lead_time,
)

__all__ = ["LEAD_TIME_COLUMNS", "classification", "coverage", "deployments", "lead_time"]
