"""Changes that need attention: which waiting changes are stuck, why, and whom each waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.kinds import WORK, Excluded
from analytics.durations import amount

__all__ = ["IN_DOUBT", "Attention", "Stuck", "attention", "whom", "whom_of"]

IN_DOUBT = "in doubt"
"""In the note of a change whose chance is not shown, since the pace of work turned."""
_UNUSUAL, _UNLIKELY = 0.9, 0.5
_LONG = timedelta(days=30)

# A request stands until its reviewer reviews; a review counts by the newest of each reviewer.
_PEOPLE = """
with waiting as (
    select change_id, repo_id, number, author, code_complete_at
    from lead_times where outcome = 'waiting' and number is not null
),
newest as (
    select waiting.change_id, reviews.author, reviews.state, reviews.submitted_at
    from reviews inner join waiting on reviews.repo_id = waiting.repo_id and reviews.number = waiting.number
    where reviews.author <> waiting.author and coalesce(reviews.author_kind, '') <> 'bot'
    qualify row_number() over (
        partition by waiting.change_id, reviews.author order by reviews.submitted_at desc, reviews.review_id desc
    ) = 1
),
asked as (
    select waiting.change_id, events.subject as author, max(events.happened_at) as asked_at
    from pull_request_events as events
    inner join waiting on events.repo_id = waiting.repo_id and events.number = waiting.number
    where events.kind = 'review_requested' and coalesce(events.subject, '') not in ('', waiting.author)
    group by all
),
pending as (
    select asked.change_id, list(asked.author order by asked.author) as asked
    from asked left join newest on asked.change_id = newest.change_id and asked.author = newest.author
    where newest.submitted_at is null or newest.submitted_at < asked.asked_at
    group by asked.change_id
),
last_word as (
    select change_id, author as reviewer, state, submitted_at from newest
    qualify row_number() over (partition by change_id order by submitted_at desc, author) = 1
)
select
    waiting.change_id, pending.asked, last_word.reviewer,
    last_word.state = 'changes_requested' and last_word.submitted_at >= waiting.code_complete_at as sent_back
from waiting
left join pending on waiting.change_id = pending.change_id
left join last_word on waiting.change_id = last_word.change_id
"""


@dataclass(frozen=True)
class Stuck:
    """A waiting change that needs attention.

    `title`, `by` (author and team) and the names in `waits_for` are text from outside; `why` is ours. `overdue`: it has
    been in its stage for 30 days or more, so the decision is to finish or to close it; others may still be saved.
    """

    change_id: str
    title: str
    by: str
    why: str
    waits_for: str
    overdue: bool = False


@dataclass(frozen=True)
class Attention:
    """How many changes wait (`excluded`: bots and releases), how many are `stuck`, the `first` of them, and as text.

    `overdue`: how many of the stuck are; the others come first. `ai`: how many of those that wait are AI work, by axis.
    `longer`: how many of those that wait do so longer than the days that were given; 0 where none were.
    """

    waiting: int
    excluded: Excluded
    stuck: int
    first: tuple[Stuck, ...]
    answer: str
    rule: str
    overdue: int = 0
    ai: Mapping[str, int] = field(default_factory=dict)
    longer: int = 0

    @property
    def decisions(self) -> str:
        """How many need which decision; empty where none does."""
        saving = self.stuck - self.overdue
        parts = [f"{saving:,} worth saving"] * (saving > 0) + [f"{self.overdue:,} to finish or close"] * (
            self.overdue > 0
        )
        return ", ".join(parts)


def whom(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the report `waiting` with `waits_for`: what each waits for and whom, as far as reviews and requests show.

    Names are those of the forge; without one, the text has the role alone.
    """
    people: pl.DataFrame = connection.cursor().sql(_PEOPLE).pl()
    people_of = {row["change_id"]: row for row in people.iter_rows(named=True)}
    texts = [_waits_for(row, people_of.get(row["change_id"], {})) for row in rows.iter_rows(named=True)]
    return rows.with_columns(pl.Series("waits_for", texts, dtype=pl.String))


def whom_of(connection: duckdb.DuckDBPyConnection, change: Mapping[str, Any]) -> str:
    """As `whom`, of one change, its row of `lead_times`; empty where it does not wait."""
    if change["outcome"] != "waiting":
        return ""
    of_it = f"select * from ({_PEOPLE}) as people where change_id = $id"  # noqa: S608  (ours)
    people: pl.DataFrame = connection.cursor().sql(of_it, params={"id": change["change_id"]}).pl()
    return _waits_for(change, next(people.iter_rows(named=True), {}))


def _waits_for(row: Mapping[str, Any], people: Mapping[str, Any]) -> str:
    author, repo, stage = row["author"] or "its author", row["repo"], row["current_stage"]
    if stage in {"pickup", "review", "merge"} and people.get("sent_back"):
        return f"{author}: {people['reviewer']} requested changes"
    if stage in {"pickup", "review"}:
        return _review(stage, people)
    if stage == "deploy" and row.get("first_production_at") is not None:
        return "its other services and waves: it is in production in some of them"
    return {
        "merge": f"a merge by {author} or another maintainer of {repo}",
        "build": "a green CI run on the default branch that contains it",
        "staging": f"a deployment of {repo} before production",
        "release": f"the next release of {repo}",
        "deploy": f"its deployment to production, which has begun: approval or a fix by those who deploy {repo}",
    }[stage]


def _review(stage: str, people: Mapping[str, Any]) -> str:
    requested, reviewer = people.get("asked") or [], people.get("reviewer")
    what = "an approval" if stage == "review" else "a review of its last commits" if reviewer else "a first review"
    if requested:
        return f"{what}, requested from {', '.join(requested)}"
    if reviewer:
        return f"{what}; {reviewer} has reviewed it{'' if stage == 'review' else ' before'}"
    return f"{what}; no reviewer is requested"


def attention(worklist: pl.DataFrame, most: int = 3, longest_days: float = 0.0) -> Attention:
    """Which changes of the report `waiting` need a decision, bots and releases aside: those worth saving first.

    Stuck is what has been in its stage longer than 90 % of the changes that entered it, and either has less than an
    even chance of production within 30 days, or has waited longer than a chance can be estimated for, or its chance is
    in doubt. After 30 days in its stage it is overdue, and comes after the others; both are in the order of the report,
    most unusual first. `longest_days`: since code complete, for `longer`.
    """
    people = worklist.filter(WORK)
    unlikely = (pl.col("chance_30d") < _UNLIKELY) | pl.col("chance_30d").is_null()
    overdue = pl.col("as_of") - pl.col("in_stage_since") >= _LONG
    stuck = people.filter((pl.col("unusual_share") >= _UNUSUAL) & unlikely).with_columns(overdue.alias("overdue"))
    stuck = stuck.sort("overdue", maintain_order=True)
    excluded = Excluded.of(worklist, WORK)
    first = tuple(_stuck(row) for row in stuck.head(most).iter_rows(named=True))
    listed = Attention(
        len(people),
        excluded,
        len(stuck),
        first,
        "",
        _rule(stuck, excluded) if len(stuck) else "",
        int(stuck["overdue"].sum()),
        {
            "builds_ai": int(people["builds_ai"].sum()),
            "built_with_ai": int(people["built_with_ai"].is_in(["agent", "assisted"]).sum()),
        },
        int((people["age_hours"] > 24.0 * longest_days).sum()) if longest_days else 0,
    )
    return replace(listed, answer=_answer(listed))


def _answer(attention: Attention) -> str:
    waiting, stuck = attention.waiting, attention.stuck
    if not waiting:
        return "Nothing waits"
    waits = f"{_changes(waiting)} {'waits' if waiting == 1 else 'wait'}"
    if not stuck:
        return f"{waits}; none needs a decision before others"
    return f"{waits}; {stuck:,} {'needs' if stuck == 1 else 'need'} a decision today: {attention.decisions}"


def _rule(stuck: pl.DataFrame, excluded: Excluded) -> str:
    unknown = stuck.filter(pl.col("chance_30d").is_null())
    in_doubt = sum(_is_in_doubt(row) for row in unknown.iter_rows(named=True))
    counted = (
        (len(stuck) - len(unknown), "less than an even chance of production within 30 days"),
        (len(unknown) - in_doubt, "waited longer than a chance can be estimated for"),
        (in_doubt, "a chance in doubt, since work moves at another pace"),
    )
    parts = [f"{_have(number)} {what}" for number, what in counted if number]
    releases = f"{excluded.releases:,} release{'s' if excluded.releases != 1 else ''}"
    counts = ((excluded.bots, f"{_changes(excluded.bots)} by bots"), (excluded.releases, releases))
    others = " and ".join(text for count, text in counts if count)
    beside = f" {others} {'waits' if excluded.bots + excluded.releases == 1 else 'wait'} too." if others else ""
    return (
        f"Each has been in its stage longer than {_UNUSUAL:.0%} of the changes that entered it;"
        f" {', and '.join(parts)}.{beside}"
    )


def _stuck(row: Mapping[str, Any]) -> Stuck:
    share, among = min(row["unusual_share"], 0.99), row["unusual_among"]
    chance = "too few ever waited this long to estimate its chance"
    if _is_in_doubt(row):
        chance = "its chance is in doubt, since work moves at another pace"
    if row["chance_30d"] is not None:
        interval = f"95 % CI {100.0 * row['chance_30d_lower']:.0f}–{row['chance_30d_upper']:.0%}"
        chance = f"chance of production within 30 days {row['chance_30d']:.0%} ({interval})"
    due = ". After this long, finish it or close it" if row["overdue"] else ""
    why = (
        f"In {row['current_stage']} for {_hours(row)}, longer than {share:.0%} of {among:,} changes"
        f" there; {chance}{due}."
    )
    team = f", team {row['team']}" if row["team"] else ""
    return Stuck(
        row["change_id"],
        row["title"] or "(no title)",
        f"{row['author'] or 'unknown'}{team}",
        why,
        row["waits_for"],
        row["overdue"],
    )


def _is_in_doubt(row: Mapping[str, Any]) -> bool:
    return IN_DOUBT in (row["note"] or "")


def _hours(row: Mapping[str, Any]) -> str:
    """In working time always in hours."""
    hours: float = row["hours_in_stage"]
    return f"{hours:,.1f} hours of work" if row.get("clock") == "working" else amount(hours)


def _have(number: int) -> str:
    return f"{number:,} {'has' if number == 1 else 'have'}"


def _changes(number: int) -> str:
    return "1 change" if number == 1 else f"{number:,} changes"
