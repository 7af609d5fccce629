"""The pulse check as tables with the columns of the reports: under a chart and in its CSV.

Absent values are null: not reached, too few changes to estimate, or (abandoned) not reported by any source.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analytics.pulse.pulse import Group, Pulse

__all__ = ["groups_table", "stages_table", "stream_table"]

_TEXT, _COUNT, _NUMBER, _TIME = pl.String(), pl.Int64(), pl.Float64(), pl.Datetime("us")

_GROUPS = {
    "axis": _TEXT,
    "group": _TEXT,
    "changes": _COUNT,
    "repositories": _COUNT,
    "production": _COUNT,
    "waiting": _COUNT,
    "abandoned": _COUNT,
    "median_hours": _NUMBER,
    "median_lower": _NUMBER,
    "median_upper": _NUMBER,
    "p85_hours": _NUMBER,
    "p85_lower": _NUMBER,
    "p85_upper": _NUMBER,
    "abandoned_share": _NUMBER,
    "abandoned_lower": _NUMBER,
    "abandoned_upper": _NUMBER,
    "horizon_hours": _NUMBER,
    "as_of": _TIME,
    "interval_by": _TEXT,
    "intervals": _TEXT,
}
# As the report `stages`, so far as the pulse check knows it.
_STAGES = {
    "group": _TEXT,
    "stage": _TEXT,
    "changes": _COUNT,
    "mean_hours_in_state": _NUMBER,
    "share_of_wait": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "horizon_hours": _NUMBER,
    "as_of": _TIME,
    "interval_by": _TEXT,
    "intervals": _TEXT,
}


_STREAM = {
    "group": _TEXT,
    "stage": _TEXT,
    "from_hours": _NUMBER,
    "to_hours": _NUMBER,
    "mean_hours_in_state": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "share_of_wait": _NUMBER,
    "entering": _NUMBER,
    "leaving": _NUMBER,
    "abandoned": _NUMBER,
    "bottleneck": pl.Boolean(),
}


def groups_table(pulses: Sequence[Pulse], *, closed_work_is_seen: bool) -> pl.DataFrame:
    """One row per group: all work once, then both groups of each axis. Hours are from code complete."""
    groups = [("", pulse.everything, pulse) for pulse in pulses[:1]]
    groups += [(pulse.axis, group, pulse) for pulse in pulses for group in (pulse.ai, pulse.other)]
    rows = []
    for axis, group, pulse in groups:
        gone = group.abandoned_share if closed_work_is_seen else None
        rows.append(
            {
                "axis": axis,
                "group": group.name,
                "changes": group.changes,
                "repositories": group.repositories,
                "production": group.production,
                "waiting": group.waiting,
                "abandoned": group.abandoned if closed_work_is_seen else None,
                "median_hours": group.median_hours.value,
                "median_lower": group.median_hours.lower,
                "median_upper": group.median_hours.upper,
                "p85_hours": group.p85_hours.value,
                "p85_lower": group.p85_hours.lower,
                "p85_upper": group.p85_hours.upper,
                "abandoned_share": gone.value if gone else None,
                "abandoned_lower": gone.lower if gone else None,
                "abandoned_upper": gone.upper if gone else None,
                "horizon_hours": pulse.horizon_hours,
                "as_of": _as_of(pulse),
                "interval_by": group.interval_by,
                "intervals": group.intervals,
            }
        )
    return pl.DataFrame(rows, schema=_GROUPS)


def stages_table(pulse: Pulse, groups: Sequence[Group]) -> pl.DataFrame:
    """One row per group and stage: restricted mean hours in it within the horizon; for a group, they add up."""
    rows = [
        {
            "group": group.name,
            "stage": time.stage,
            "changes": group.changes,
            "mean_hours_in_state": time.mean_hours.value,
            "share_of_wait": time.share,
            "lower": time.mean_hours.lower,
            "upper": time.mean_hours.upper,
            "horizon_hours": pulse.horizon_hours,
            "as_of": _as_of(pulse),
            "interval_by": group.interval_by,
            "intervals": group.intervals,
        }
        for group in groups
        for time in group.stages
    ]
    return pl.DataFrame(rows, schema=_STAGES)


def stream_table(groups: Sequence[Group], *, closed_work_is_seen: bool) -> pl.DataFrame:
    """The value stream: one row per group and stage, each stage where the mean hours of those before it end.

    `entering`, `leaving`: the share of all changes not abandoned before the stage, and after it; `abandoned`: in it,
    within the horizon; zero where no source reports closed work. `bottleneck`: whether the stage takes the most hours.
    """
    rows = []
    for group in groups:
        at, left = 0.0, 1.0
        for time in group.stages:
            hours = time.mean_hours.value or 0.0
            gone = time.abandoned if closed_work_is_seen else 0.0
            rows.append(
                {
                    "group": group.name,
                    "stage": time.stage,
                    "from_hours": at,
                    "to_hours": at + hours,
                    "mean_hours_in_state": hours,
                    "lower": time.mean_hours.lower,
                    "upper": time.mean_hours.upper,
                    "share_of_wait": time.share,
                    "entering": left,
                    "leaving": left - gone,
                    "abandoned": gone,
                    "bottleneck": time == group.bottleneck,
                }
            )
            at, left = at + hours, left - gone
    return pl.DataFrame(rows, schema=_STREAM)


def _as_of(pulse: Pulse) -> object:
    """The latest as-of time of its repositories."""
    return pulse.as_of[1] if pulse.as_of else None
