"""The column `service` of reports; apart from `services`, which needs Polars."""

from __future__ import annotations

__all__ = ["NO_SERVICE", "SERVICE"]

SERVICE = "service"
NO_SERVICE = f"cast(null as varchar) as {SERVICE}"
"""The column `service` of whole changes, in SQL."""
