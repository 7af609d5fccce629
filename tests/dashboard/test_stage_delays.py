from __future__ import annotations

import polars as pl

from dashboard.parts.stage_delays import delayed


def test_share_is_reported_with_its_data() -> None:
    """Changes with data may be few of all, and of one repository."""
    row = {"group": "AI work", "measure": "gate_hours", "affected_share": 1.0, "affected_mean": 3.0}
    rows = pl.DataFrame([{**row, "changes": 208, "arrived": 479, "repositories": 1}])
    assert delayed(rows, "waited at a gate") == (
        "**Waited at a gate:** 100% of AI work, 3.0 h each (data for 208 of 479 changes, in 1 repository)."
    )
