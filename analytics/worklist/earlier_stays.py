"""Stays of the past as they looked then: each push of a pull request opens a stay that ends at the next push.

Of an open change it is not known whether another commit will come. Of a past one it is, and its stages begin at its
last push: taken alone, these are changes of which it was known beforehand that nothing more comes, and they arrive more
often. What a change did between earlier pushes belongs to the past as well (van Houwelingen & Putter 2012, Dynamic
Prediction in Clinical Survival Analysis, ch. 3: a landmark uses what is known at it).
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES
from analytics.whatif.reading import sample_of
from analytics.whatif.stays import Stays

__all__ = ["EARLIER", "read_earlier", "with_earlier"]

EARLIER = {"change_id": pl.String(), "stage": pl.String(), "begun_hours": pl.Float64(), "hours": pl.Float64()}
"""Earlier stays, a row each: `begun_hours` since code complete, below zero."""
_ENDED = len(LEAD_STAGES)

# As in `pull_request_milestones`, as of each push. Only where the last commit is what completes code does one move it.
# What is dismissed before the next push never stood: forges dismiss a stale approval moments after a push.
_EARLIER = """
with pushed as (
    select distinct
        changes.change_id, changes.repo_id, changes.number, authors.author_key, changes.code_complete_at,
        greatest(commits.committed_at, changes.ready_at) as pushed_at
    from lead_times as changes
    inner join changes as authors on changes.change_id = authors.change_id
    inner join pull_request_commits as commits
        on changes.repo_id = commits.repo_id and changes.number = commits.number
    cross join parameters
    where
        parameters.code_complete = 'last_commit' and changes.code_complete_source = 'branch_commits'
        and commits.parents < 2 and greatest(commits.committed_at, changes.ready_at) < changes.code_complete_at
        and {sample}
),
turns as (
    select *, coalesce(lead(pushed_at) over (partition by change_id order by pushed_at), code_complete_at) as next_at
    from pushed
),
judged as (
    select
        turns.change_id, turns.pushed_at, turns.next_at, reviews.submitted_at, reviews.author,
        reviews.state = 'approved' as approves, reviews.state = 'changes_requested' as refuses,
        min(dismissals.happened_at) as dismissed_at
    from turns
    inner join reviews on turns.repo_id = reviews.repo_id and turns.number = reviews.number
    left join automated_accounts
        on reviews.repo_id = automated_accounts.repo_id and reviews.author = automated_accounts.login
    left join pull_request_events as dismissals
        on reviews.repo_id = dismissals.repo_id and reviews.number = dismissals.number
        and dismissals.kind = 'review_dismissed' and dismissals.subject = reviews.review_id
    where
        reviews.submitted_at < turns.next_at and automated_accounts.login is null
        and coalesce(reviews.author_kind, '') <> 'bot'
        and (
            coalesce(lower(reviews.author), '') <> coalesce(lower(turns.author_key), '')
            or (reviews.author is null and reviews.state in ('approved', 'changes_requested'))
        )
    group by all
),
verdicts as (
    select
        change_id, pushed_at,
        max_by(approves and coalesce(dismissed_at >= next_at, true), submitted_at) as stands
    from judged
    where submitted_at < pushed_at and (approves or refuses)
    group by change_id, pushed_at, lower(author)
),
standing as (select change_id, pushed_at, bool_or(stands) as stands from verdicts group by all),
answers as (
    select
        change_id, pushed_at, min(submitted_at) as reviewed_at,
        min(case when approves then submitted_at end) as approved_at
    from judged where submitted_at >= pushed_at
    group by all
),
spells as (
    select
        turns.change_id, turns.code_complete_at, turns.pushed_at, turns.next_at,
        case
            when not stages.has_review or coalesce(standing.stands, false) then turns.pushed_at
            else coalesce(answers.reviewed_at, turns.next_at)
        end as reviewed_at,
        case
            when not stages.has_review or coalesce(standing.stands, false) then turns.pushed_at
            when not stages.has_approval then coalesce(answers.reviewed_at, turns.next_at)
            else coalesce(answers.approved_at, turns.next_at)
        end as approved_at
    from turns
    inner join repository_stages as stages on turns.repo_id = stages.repo_id
    left join standing on turns.change_id = standing.change_id and turns.pushed_at = standing.pushed_at
    left join answers on turns.change_id = answers.change_id and turns.pushed_at = answers.pushed_at
),
parts as (
    select change_id, 'pickup' as stage, code_complete_at, pushed_at as begun_at, reviewed_at as left_at from spells
    union all
    select change_id, 'review', code_complete_at, reviewed_at, approved_at from spells
    union all
    select change_id, 'merge', code_complete_at, approved_at, next_at from spells
)
select
    change_id, stage, -date_diff('microsecond', begun_at, code_complete_at) / 3.6e9 as begun_hours,
    date_diff('microsecond', begun_at, left_at) / 3.6e9 as hours
from parts where left_at > begun_at
order by change_id, begun_at
"""


def read_earlier(connection: duckdb.DuckDBPyConnection, source: str, most: int) -> pl.DataFrame:
    """The earlier stays of the changes that `read_changes` takes of `source`, `most` at most; columns of `EARLIER`."""
    _every, sample = sample_of(connection, source, most, "changes.change_id")
    rows: pl.DataFrame = connection.cursor().sql(_EARLIER.format(sample=sample)).pl()
    return rows.cast(EARLIER)  # type: ignore[arg-type]


def with_earlier(stays: Stays, past: pl.DataFrame, earlier: pl.DataFrame) -> Stays:
    """The stays of `past` and the `earlier` ones of its changes, by stage, then change."""
    rows = past.select("change_id").with_row_index("change").join(earlier, on="change_id", how="inner")
    stage = rows["stage"].replace_strict({name: code for code, name in enumerate(LEAD_STAGES)}, return_dtype=pl.Int64)
    more = (
        rows["change"].cast(pl.Int64).to_numpy(),
        stage.to_numpy(),
        rows["begun_hours"].to_numpy(),
        rows["hours"].to_numpy(),
        np.full(len(rows), _ENDED),
    )
    names = ("change", "stage", "begun_hours", "hours", "target")
    both = [np.concatenate([getattr(stays, name), column]) for name, column in zip(names, more, strict=True)]
    order = np.lexsort((both[0], both[1]))
    return replace(stays, **{name: column[order] for name, column in zip(names, both, strict=True)})
