-- ci_greens: commits of the default branch on which CI succeeded: every kind of run that had begun by then
-- grain: one row per repository and commit
-- columns:
--   repo_id: repository
--   sha: commit
--   green_at: the first time at which every kind of run that had begun had succeeded, UTC; what begins later moves nothing
with newest as (
    select
        raw_ci_runs.*,
        row_number() over (partition by repo_id, run_id order by collected_at desc) as reading
    from raw_ci_runs
),

by_name as (
    select
        newest.repo_id,
        newest.sha,
        newest.name,
        min(coalesce(newest.created_at, newest.started_at, newest.finished_at)) as created_at,
        min(case when newest.conclusion = 'success' then newest.finished_at end) as succeeded_at
    from newest
    inner join repository_settings
        on
            newest.repo_id = repository_settings.repo_id
            and newest.branch = repository_settings.default_branch
    inner join report_times
        on newest.repo_id = report_times.repo_id
    where
        newest.reading = 1
        and coalesce(newest.created_at, newest.started_at, newest.finished_at) <= report_times.as_of
        and coalesce(newest.conclusion, '') not in ('skipped', 'neutral')
    group by
        newest.repo_id,
        newest.sha,
        newest.name
),

blocked as (
    select
        done.repo_id,
        done.sha,
        done.succeeded_at,
        sum(
            case
                when other.succeeded_at is null or other.succeeded_at > done.succeeded_at then 1
                else 0
            end
        ) as unfinished
    from by_name as done
    inner join by_name as other
        on
            done.repo_id = other.repo_id
            and done.sha = other.sha
            and done.succeeded_at >= other.created_at
    where done.succeeded_at is not null
    group by
        done.repo_id,
        done.sha,
        done.name,
        done.succeeded_at
)

select
    blocked.repo_id,
    blocked.sha,
    min(blocked.succeeded_at) as green_at
from blocked
inner join report_times
    on blocked.repo_id = report_times.repo_id
where
    blocked.unfinished = 0
    and blocked.succeeded_at <= report_times.as_of
group by
    blocked.repo_id,
    blocked.sha
