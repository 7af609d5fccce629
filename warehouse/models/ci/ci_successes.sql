-- ci_successes: commits of the default branch on which CI succeeded: every kind of run that had begun by then
-- grain: one row per repository and commit
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
--   green_at: the first time at which every kind of run that had begun had succeeded, UTC; later runs do not change it
with by_name as (
    select
        repo_id,
        sha,
        name,
        min(coalesce(created_at, started_at, finished_at)) as created_at,
        min(case when conclusion = 'success' then finished_at end) as succeeded_at
    from ci_attempts
    where
        integrates
        and coalesce(conclusion, '') not in ('skipped', 'neutral')
    group by
        repo_id,
        sha,
        name
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
    repo_id,
    sha,
    min(succeeded_at) as green_at
from blocked
where unfinished = 0
group by
    repo_id,
    sha
