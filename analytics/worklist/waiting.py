"""The report `waiting`: every waiting change, how unusual its wait is, and its chance of production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES
from analytics.cohort.filters import Filters
from analytics.cohort.kinds import KINDS
from analytics.cohort.options import Options
from analytics.cohort.services import NO_SERVICE, SERVICE, by_service, changes_of
from analytics.cohort.working_time import WorkingCalendar
from analytics.comparison.cells import together
from analytics.survival import CENSORED
from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.whatif.clock import Clock
from analytics.whatif.reading import read_changes
from analytics.whatif.stays import Stays, stays_of, stays_on
from analytics.worklist.attention import IN_DOUBT, whom
from analytics.worklist.earlier_stays import read_earlier, with_earlier
from analytics.worklist.held_out import Choice, held_out
from analytics.worklist.landmarks import CHANCE_HOURS, FEWEST, Past, borrowing
from analytics.worklist.pace import weeks_since_turn
from analytics.worklist.stage_percentile import BORROWED, share_left

__all__ = ["COLUMNS", "waiting", "worklist"]

TOO_FEW = "too few to say"
TURNED = "{in_doubt} ({days} days): work moves at another pace for about {weeks}, and too little was followed so long"
BASE_RATE = "base rate of all that waits ({days} days): how long a change had waited did not predict on held-out time"
_PLAIN = Options()
_MONTH_HOURS = 730.5
_MOST_CHANGES = 150_000
_GROUPS = (
    list(range(LEAD_STAGES.index("build"))),
    list(range(LEAD_STAGES.index("build"), len(LEAD_STAGES))),
)
"""Stages of open and of merged changes: these borrow of each other, and are corrected, apart."""
_STAGE_CODES = {name: code for code, name in enumerate(LEAD_STAGES)}
_DAYS = tuple(int(hours / 24) for hours in CHANCE_HOURS)

# Fixed: users' scripts hold on to it. New columns go to the end.
COLUMNS = (
    "change_id",
    "repo",
    "title",
    "url",
    "author",
    "team",
    "builds_ai",
    "built_with_ai",
    "current_stage",
    "in_stage_since",
    "hours_in_stage",
    "age_hours",
    "unusual_share",
    "unusual_among",
    *(f"chance_{days}d{bound}" for days in _DAYS for bound in ("", "_lower", "_upper")),
    "chance_among",
    "chance_among_all",
    "note",
    "as_of",
    "clock",
    "waits_for",
    "kind",
    "services",
    "first_production_at",
    "service",
)
_COPIED = (
    "change_id",
    "repo",
    "title",
    "url",
    "author",
    "team",
    "builds_ai",
    "built_with_ai",
    "current_stage",
    "kind",
    "services",
    "first_production_at",
)
_LAST = ", ".join(f"{stage}_hours" for stage in LEAD_STAGES[::-1])
_ROWS = f"""
select {", ".join(_COPIED)}, age_hours, as_of, code_complete_at, coalesce({_LAST}) as hours_in_stage, {{service}}
from {{source}} where outcome = 'waiting' and {{condition}} order by change_id, service
"""  # noqa: S608  (names of ours)


def waiting(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options = _PLAIN) -> pl.DataFrame:
    """One row per change that waits: code complete (an open draft is not), and neither in production nor closed.

    The most unusual for its repository and stage comes first: it has been there longer than others. `unusual_share`:
    the share of the changes that entered that stage there and had left it by then; `unusual_among`: how many entered,
    of which few are drawn to those of all repositories. `chance_7d` … with bounds: of production within 7, 14 and 30
    days from as of; `chance_among`: changes of its repository that had been there as long, `chance_among_all`: of all
    repositories. Where fewer than 20 ever were, those that were as long in any stage on the same side of the merge are
    used instead, and the note says so; where these are fewer than 20 too, it is empty, and so it is after a turn of the
    pace of work until it is known what comes of it so long (`pace.py`). Bots are compared with bots,
    releases with releases. `waits_for`: what it waits for and whom, as far as reviews and review requests show
    (`attention.whom`). The filter on repositories and time chooses rows; what they are compared with is everything.

    `hours_in_stage` and `age_hours` are on the requested clock, and so is what is unusual: on the working clock
    nothing grows older over a weekend. Chances are of days of the calendar on either clock, and so is `in_stage_since`.

    By service, one row for each service in which a change waits, `service`, compared with the changes of that service
    as else with those of its repository. `first_production_at`: it is in production in some of its services and waves.
    """
    services = by_service(filters, options.by)
    whose = SERVICE if services else None
    past, _every = read_changes(connection, Filters(), most=_MOST_CHANGES, by=whose, ids=True)
    earlier = read_earlier(connection, changes_of(Filters(), whose), _MOST_CHANGES)
    query = _ROWS.format(
        service=SERVICE if services else NO_SERVICE,
        source=changes_of(filters, options.by),
        condition=filters.condition(connection, "lead_times", time="code_complete_at"),
    )
    rows: pl.DataFrame = connection.cursor().sql(query).pl()
    return whom(connection, worklist(past.changes, rows, options.working, earlier)).select(COLUMNS)


def worklist(
    past: pl.DataFrame,
    rows: pl.DataFrame,
    calendar: WorkingCalendar | None = None,
    earlier: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The report but for `waits_for`, of waiting `rows` against `past`, both on the wall clock.

    `past`: changes of a cohort. `calendar`: of the working clock. `earlier`: stays after earlier pushes, as
    `read_earlier` has them.
    """
    since = pl.col("as_of") - pl.duration(microseconds=(pl.col("hours_in_stage") * 3.6e9).round())
    rows = rows.with_columns(pl.col("hours_in_stage").alias("wall_hours"), since.alias("in_stage_since"))
    if calendar is not None:
        rows = rows.with_columns(_working(rows, name, calendar) for name in ("hours_in_stage", "age_hours"))
    parts = [
        _with_history(past.filter(pl.col("kind") == kind), part, Clock.of(past, calendar), earlier)
        for kind in KINDS
        if len(part := rows.filter(pl.col("kind") == kind)) or kind == KINDS[0]
    ]
    table = pl.concat(parts).with_columns(pl.lit("wall" if calendar is None else "working").alias("clock"))
    order = ["unusual_share", "hours_in_stage", "change_id", "service"]
    return table.sort(order, descending=[True, True, False, False], nulls_last=True).select(
        name for name in COLUMNS if name != "waits_for"
    )


def _working(rows: pl.DataFrame, name: str, calendar: WorkingCalendar) -> pl.Series:
    """Hours that last until `as_of`, in working time."""
    since = rows.select(pl.col("as_of") - pl.duration(microseconds=(pl.col(name) * 3.6e9).round())).to_series()
    return pl.Series(name, calendar.hours(since.to_numpy(), rows["as_of"].to_numpy()))


def _with_history(past: pl.DataFrame, rows: pl.DataFrame, clock: Clock, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """The rows with their percentile and chances from the history."""
    # By service `past` has the service in the place of the repository.
    homes = past["repo"], rows[SERVICE].cast(pl.String).fill_null(rows["repo"])
    codes = {name: code for code, name in enumerate(pl.concat(homes).unique().sort().to_list())}
    home, here = (_codes(names, codes) for names in homes)
    waits = _Waits(here, _codes(rows["current_stage"], _STAGE_CODES), rows["wall_hours"].to_numpy())
    stays = stays_of(past)
    unusual, among = _unusual(stays_on(clock, stays, past), home, waits, rows["hours_in_stage"].to_numpy())
    stays_seen = stays if earlier is None else with_earlier(stays, past, earlier)
    told = _told(_past(stays_seen, home, _seen_hours(past), past, len(codes)), stays_seen.stage, waits)
    return rows.with_columns(
        pl.Series("unusual_share", unusual),
        pl.Series("unusual_among", among),
        *_chance_columns(told.chance),
        pl.Series("chance_among", told.in_repository),
        pl.Series("chance_among_all", told.every),
        pl.Series("note", _notes(among, told), dtype=pl.String),
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _codes(names: pl.Series, codes: dict[str, int]) -> IntArray:
    return names.replace_strict(codes, return_dtype=pl.Int64).to_numpy().astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Waits:
    """What waits, (changes,) each: code of the repository, code of the stage, and hours in it on the wall clock."""

    repository: IntArray
    stage: IntArray
    hours: FloatArray


@dataclass(frozen=True, eq=False)
class _Told:
    """Chances with bounds (changes, horizons, 3), of how many changes, and how they came about, (changes,) each.

    `borrowed`: from any stage on the same side of the merge. `base` (changes, horizons): the base rate. `in_doubt`
    (changes, horizons): none, since the pace of work turned, `turn` (changes,) weeks ago; 0: it did not.
    """

    chance: FloatArray
    in_repository: IntArray
    every: IntArray
    borrowed: BoolArray
    base: BoolArray
    in_doubt: BoolArray
    turn: IntArray


def _unusual(stayed: Stays, home: IntArray, waits: _Waits, hours: FloatArray) -> tuple[FloatArray, IntArray]:
    """The share of stays in the same stage that had ended after so many `hours` on the requested clock; of how many."""
    unusual, among = np.full(hours.size, np.nan), np.zeros(hours.size, np.int64)
    for stage in np.unique(waits.stage).tolist():
        rows, part = np.flatnonzero(waits.stage == stage), stayed.of(stage)
        entered = home[part.change], part.hours, part.target != CENSORED
        unusual[rows], among[rows] = share_left(entered, waits.repository[rows], hours[rows])
    return unusual, among


def _told(past: Past, stage: IntArray, waits: _Waits) -> _Told:
    """The chances of what waits; `stage`: of each stay of the past."""
    size = waits.hours.size
    told = _Told(
        np.full((size, len(CHANCE_HOURS), 3), np.nan),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.bool_),
        np.zeros((size, len(CHANCE_HOURS)), np.bool_),
        np.zeros((size, len(CHANCE_HOURS)), np.bool_),
        np.zeros(size, np.int64),
    )
    turn: int | None = None
    # The merged first: open changes wait for releases too, later.
    for group in _GROUPS[::-1]:
        rows = np.flatnonzero(np.isin(waits.stage, group))
        here = np.isin(stage, group)
        alike, stage_of = past.take(here), stage[here]
        turn = min((weeks for weeks in (turn, weeks_since_turn(alike, stage_of)) if weeks is not None), default=None)
        if not rows.size:
            continue
        for code in np.unique(waits.stage[rows]).tolist():
            _estimate(told, alike.take(stage_of == code), alike, waits, np.flatnonzero(waits.stage == code))
        merged = group is _GROUPS[-1]
        _correct(told, [one.choice(merged=merged, turn=turn) for one in held_out(alike, stage_of)], rows)
        told.turn[rows] = turn or 0
    return told


def _estimate(told: _Told, past: Past, alike: Past, waits: _Waits, rows: IntArray) -> None:
    """Fill in the chances of the `rows` in one stage from its `past`; where that is too little, from stages `alike`."""
    estimated, borrowed = borrowing(past, alike, waits.repository[rows], waits.hours[rows])
    told.borrowed[rows] = borrowed
    told.chance[rows] = np.stack([estimated.chance, estimated.lower, estimated.upper], axis=2)
    told.in_repository[rows], told.every[rows] = estimated.in_repository, estimated.in_all


def _correct(told: _Told, choices: list[Choice], rows: IntArray) -> None:
    """Tell the chances of the `rows` as each horizon's choice has them; a longer horizon has no lower chance."""
    for column, choice in enumerate(choices):
        has_chance = ~np.isnan(told.chance[rows, column, 0])
        told.base[rows, column], told.in_doubt[rows, column] = (
            flag & has_chance for flag in (choice.is_base, choice.in_doubt)
        )
        told.chance[rows, column] = choice.told(told.chance[rows, column])
    told.chance[rows] = np.maximum.accumulate(told.chance[rows], axis=1)


def _seen_hours(past: pl.DataFrame) -> FloatArray:
    """Hours from code complete to as of, for each change."""
    ended = (
        pl.when(pl.col("outcome") == "production")
        .then("production_at")
        .when(pl.col("outcome") == "abandoned")
        .then("abandoned_at")
        .otherwise("as_of")
    )
    after = (pl.col("as_of") - ended).dt.total_microseconds() / 3.6e9
    return past.select(pl.col("hours") + after).to_series().to_numpy()


def _past(stays: Stays, home: IntArray, watched_hours: FloatArray, past: pl.DataFrame, repositories: int) -> Past:
    change = stays.change
    arrived: BoolArray = (past["outcome"] == "production").to_numpy()
    to_end = past["hours"].to_numpy()[change] - stays.begun_hours
    # What began a moment ago did not begin after as of, as sums of hours may have it.
    to_now = np.maximum(watched_hours[change] - stays.begun_hours, 0.0)
    # Each repository's months count back from its own as of.
    month = np.floor(to_now / _MONTH_HOURS).astype(np.int64)
    batch = together(home[change], month)
    return Past(home[change], repositories, batch, stays.hours, to_end, to_now, arrived[change])


def _chance_columns(chance: FloatArray) -> list[pl.Series]:
    return [
        pl.Series(f"chance_{days}d{bound}", chance[:, column, place])
        for column, days in enumerate(_DAYS)
        for place, bound in enumerate(("", "_lower", "_upper"))
    ]


def _notes(among: IntArray, told: _Told) -> list[str]:
    notes = []
    columns = (
        among,
        told.in_repository,
        told.every,
        (np.isnan(told.chance[:, :, 0]) & ~told.in_doubt).any(axis=1),
        told.borrowed,
        told.base,
        told.in_doubt,
        told.turn,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for here, had, all_had, missing, elsewhere, base, in_doubt, turn in rows:
        texts = []
        if all_had < FEWEST:
            texts.append(f"{TOO_FEW}: only {all_had} changes ever waited this long")
        elif elsewhere:
            texts.append("chance from changes that waited this long in any stage on this side of the merge")
        elif missing:
            texts.append("history is too short for all horizons")
        elif had < BORROWED and not any(base) and not all(in_doubt):
            texts.append("chance estimated mostly from other repositories")
        if any(in_doubt):
            weeks = "a week" if turn == 1 else f"{turn} weeks"
            texts.append(TURNED.format(in_doubt=IN_DOUBT, days=_chosen(in_doubt), weeks=weeks))
        if any(base):
            texts.append(BASE_RATE.format(days=_chosen(base)))
        if here < BORROWED:
            texts.append("compared with all repositories rather than its own")
        notes.append("; ".join(texts))
    return notes


def _chosen(flags: Sequence[bool]) -> str:
    """The days of those of `CHANCE_HOURS` that have the flag."""
    return ", ".join(str(days) for days, flag in zip(_DAYS, flags, strict=True) if flag)
