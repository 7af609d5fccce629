"""What held changes up inside stages, in words."""

from __future__ import annotations

import polars as pl

from dashboard.parts.stage_delays import held_up


def test_share_says_of_how_many_it_is_told() -> None:
    """All of those told of may be few of all, and of one repository."""
    told = {"group": "AI work", "measure": "gate_hours", "affected_share": 1.0, "affected_mean": 3.0}
    rows = pl.DataFrame([{**told, "changes": 208, "arrived": 479, "repositories": 1}])
    assert held_up(rows, "waited at a gate") == (
        "**Waited at a gate:** 100% of AI work, 3.0 h each (told of 208 of 479 changes, in 1 repository)."
    )
