"""The report `bottlenecks`: the stages ranked by hours, and the hours that what-ifs would save."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, Cohort
from analytics.cohort.filters import Filters
from analytics.cohort.groups import COLUMNS as GROUP_COLUMNS
from analytics.cohort.groups import FEWEST, Group, read_groups
from analytics.cohort.kinds import WORK, Excluded, taking_part
from analytics.cohort.options import Options
from analytics.cohort.services import at_home
from analytics.cohort.units import QUESTIONS, THESE
from analytics.survival import restricted_mean_hours
from analytics.whatif.clock import HORIZON_HOURS, WALL, Clock
from analytics.whatif.compute import Cadences, StageModel, WhatIf, cadences_of
from analytics.whatif.departures import Departures, read_departures
from analytics.whatif.effect import Bounds
from analytics.whatif.reading import read_changes
from analytics.whatif.stages import Changes

__all__ = ["AI_WORK", "Bottleneck", "Bottlenecks", "bottlenecks", "bottlenecks_of", "read_bottlenecks", "what_ifs"]

AI_WORK = "AI work"
"""The group whose stages get the rates of other work, where the report is not grouped."""
_OTHERS = {"builds_ai": "rate of other work", "built_with_ai": "rate of work with no AI mark"}

_ARRIVED_DAYS = (7, 30)
_PLAIN = Options()

_TEXT, _COUNT, _NUMBER = pl.String(), pl.Int64(), pl.Float64()
# Fixed: users' scripts depend on it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "rank": _COUNT,
    "stage": _TEXT,
    "changes": _COUNT,
    "mean_hours_in_state": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "share_of_wait": _NUMBER,
    "what_if": _TEXT,
    "parameter": _TEXT,
    "what_if_hours_saved": _NUMBER,
    "saved_lower": _NUMBER,
    "saved_upper": _NUMBER,
    "arrived_7d": _NUMBER,
    "gained_7d": _NUMBER,
    "gained_7d_lower": _NUMBER,
    "gained_7d_upper": _NUMBER,
    "arrived_30d": _NUMBER,
    "gained_30d": _NUMBER,
    "gained_30d_lower": _NUMBER,
    "gained_30d_upper": _NUMBER,
    "what_if_changes": _COUNT,
    "note": _TEXT,
    "interval_by": _TEXT,
    "horizon_hours": _NUMBER,
    "as_of": pl.Datetime("us"),
    "clock": _TEXT,
    "intervals": _TEXT,
}


@dataclass(frozen=True)
class Bottleneck:
    """A stage of a group: its `rank` by mean hours within the horizon, and its share of all hours of waiting."""

    rank: int
    stage: str
    mean_hours: Bounds
    share: float


@dataclass(frozen=True)
class Bottlenecks:
    """The stages of one group, the longest first, and what-ifs. Empty where there are fewer than 20 changes.

    `clock`, `horizon_hours`: the clock of all hours, `wall` or `working`, and their limit.
    `intervals`: their question.
    """

    group: str
    changes: int
    stages: tuple[Bottleneck, ...]
    what_ifs: tuple[WhatIf, ...]
    release_every_days: float
    as_of: object
    clock: str = "wall"
    horizon_hours: float = HORIZON_HOURS
    intervals: str = QUESTIONS[THESE]

    def of(self, stage: str) -> Sequence[WhatIf]:
        """The what-ifs of one stage, the most hours saved first."""
        what_ifs = [what for what in self.what_ifs if what.stage == stage]
        return sorted(what_ifs, key=lambda what: -what.effect.hours_saved.value)


def bottlenecks(
    connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None
) -> pl.DataFrame:
    """One row per group, stage and what-if: the stage that takes most first, of its what-ifs the one that saves most.

    `mean_hours_in_state` with `lower`, `upper`: restricted mean hours of a change in the stage within
    `horizon_hours`; `share_of_wait`: of its hours in all stages. `what_if_hours_saved` with bounds: mean hours that a
    change of the group would wait less in all, `gained_7d`, `gained_30d`: share of changes more in production by
    then, `arrived_7d`, `arrived_30d`: share that is. Kinds of `what_if` as in `WhatIf`; the stage `all` is each of
    them at once. On the working clock (`clock`) all hours are working hours, `arrived_7d` is the share that arrived
    within those of a week and `arrived_30d` within `horizon_hours`, as in `trend`; releases still leave by the wall
    clock. Without `--by`, the group `AI work` follows, with what it would gain at the rate of
    other work.
    """
    groups = read_bottlenecks(connection, filters, options or Options())
    rows = [row for group in groups for row in _rows(group)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def read_bottlenecks(
    connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options
) -> Iterator[Bottlenecks]:
    """The bottlenecks of each group that `options` ask for, on their clock."""
    axis = options.by or "builds_ai"
    value = None if options.by is None else GROUP_COLUMNS.get(options.by)
    sample, _ = read_changes(connection, filters, group=value, by=options.by)
    sample = sample.where(taking_part(automation=options.automation, by=options.by))
    departures, clock = read_departures(connection, filters, options.by), None
    for group in read_groups(connection, filters, options):
        clock = clock or Clock.of(sample.changes, options.working, group.horizon_hours)
        whose = pl.lit(value=True) if options.by is None else pl.col("group") == group.name
        cohort = sample.where(whose)
        enough = group.enough and len(cohort.changes) >= FEWEST
        ideas = tuple(what_ifs(cohort, departures, clock, options.intervals)) if enough else ()
        if options.by in _OTHERS:
            ideas += tuple(_as_others(sample, whose & _is_ai(options.by), axis, clock, options.intervals))
        yield bottlenecks_of(group, ideas, departures, options)
        if options.by is None:
            ai = replace(group, name=AI_WORK, cohort=group.cohort.where(_is_ai(axis)), excluded=Excluded())
            if ai.enough:
                ideas = tuple(_as_others(sample, _is_ai(axis), axis, clock, options.intervals))
                yield bottlenecks_of(ai, ideas, departures, options)


def what_ifs(cohort: Cohort, departures: Departures, clock: Clock = WALL, intervals: str = THESE) -> Iterator[WhatIf]:
    """Other release cadences, and each stage in its best months; pure. `cohort` as `read_changes` gives it."""
    cadences = Cadences(cohort, departures, clock, intervals)
    for cadence in cadences_of(departures):
        yield cadences.what_if(cadence)
    yield from StageModel(Changes.of(cohort.changes, clock, intervals)).best_months()


def bottlenecks_of(
    group: Group, ideas: tuple[WhatIf, ...], departures: Departures, options: Options = _PLAIN
) -> Bottlenecks:
    """A group's stages in the order of their hours, beside its what-ifs."""
    changes = at_home(group.cohort.changes)
    codes = {name: code for code, name in enumerate(departures.repositories)}
    counts = changes["repo"].value_counts()
    repo = counts["repo"].cast(pl.String).replace_strict(codes, default=-1, return_dtype=pl.Int64).to_numpy()
    repo = np.repeat(repo, counts["count"].to_numpy())
    stages = tuple(_stages(group, options.intervals)) if group.enough else ()
    as_of = changes["as_of"].max() if len(changes) else None
    gap_days = departures.typical_gap_days(repo)
    about = group.name, len(changes), stages, ideas, gap_days, as_of, options.clock, group.horizon_hours
    return Bottlenecks(*about, group.cohort.intervals(options.intervals)["intervals"])


def _stages(group: Group, intervals: str) -> Iterator[Bottleneck]:
    moves = group.cohort.moves(intervals, until_hours=group.horizon_hours)
    time = restricted_mean_hours(moves, group.horizon_hours)
    whole = float(time.mean_hours[: -len(ENDS)].sum())
    present = [LEAD_STAGES.index(stage) for stage in group.cohort.present]
    ranked = sorted(present, key=lambda state: (-time.mean_hours[state], state))
    for rank, state in enumerate(ranked, 1):
        mean = Bounds(float(time.mean_hours[state]), float(time.lower[state]), float(time.upper[state]))
        yield Bottleneck(rank, LEAD_STAGES[state], mean, mean.value / whole if whole > 0.0 else 0.0)


def _is_ai(axis: str | None) -> pl.Expr:
    if axis == "built_with_ai":
        return pl.col("built_with_ai").is_in(["agent", "assisted"])
    return pl.col("builds_ai")


def _as_others(sample: Cohort, ours: pl.Expr, axis: str, clock: Clock, intervals: str) -> Iterator[WhatIf]:
    """AI work at the rates of work that is neither AI work nor made by a bot, nor a release."""
    people = sample.where(WORK)
    rest = ~_is_ai(axis)
    both = people.where(ours | rest).changes
    is_ours = both.select(ours.alias("ours"))["ours"].to_numpy()
    if min(int(np.sum(is_ours)), int(np.sum(~is_ours))) < FEWEST:
        return
    yield from StageModel(Changes.of(both, clock, intervals), is_ours).rates_of_others(_OTHERS[axis])


def _rows(group: Bottlenecks) -> Iterator[dict[str, Any]]:
    names = ("group", "changes", "horizon_hours", "as_of", "clock", "intervals")
    common = {name: getattr(group, name) for name in names}
    for stage in group.stages:
        here = common | {
            "rank": stage.rank,
            "stage": stage.stage,
            "mean_hours_in_state": stage.mean_hours.value,
            "lower": stage.mean_hours.lower,
            "upper": stage.mean_hours.upper,
            "share_of_wait": stage.share,
        }
        yield from (here | _what_if(what) for what in group.of(stage.stage))
        if not group.of(stage.stage):
            yield here
    yield from (common | {"stage": what.stage} | _what_if(what) for what in group.of("all"))
    if not group.stages:
        yield common | {"note": "too few to say"}


def _what_if(what: WhatIf) -> dict[str, Any]:
    effect = what.effect
    row: dict[str, Any] = {
        "what_if": what.kind,
        "parameter": what.parameter,
        "what_if_hours_saved": effect.hours_saved.value,
        "saved_lower": effect.hours_saved.lower,
        "saved_upper": effect.hours_saved.upper,
        "what_if_changes": effect.changes,
        "note": what.note,
        "interval_by": effect.unit,
    }
    for days, before, gained in zip(_ARRIVED_DAYS, effect.before, effect.gained, strict=True):
        row |= {f"arrived_{days}d": before, f"gained_{days}d": gained.value}
        row |= {f"gained_{days}d_lower": gained.lower, f"gained_{days}d_upper": gained.upper}
    return row
