-- ci_friction: delays of CI on each commit of the default branch
-- grain: one row per repository and commit with CI
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
--   runs: runs of CI that had begun by the report
--   attempts: attempts of these that are reported
--   queue_hours: time in which any of its jobs waited for a runner, hours; null where no source reports it
--   untold_attempts: attempts that were followed by another one and whose end no source reports
--   failed_at: the first failure, UTC
--   rerun_hours: from the first failure to the success, or so far, hours; 0 where nothing failed before it, null where
--     that is not known
with ordered as (
    select
        repo_id,
        sha,
        began_at,
        ended_at,
        max(ended_at) over (
            partition by repo_id, sha
            order by began_at, ended_at, run_id, attempt, job_id
            rows between unbounded preceding and 1 preceding
        ) as covered_until_at
    from ci_waits
),

waited as (
    select
        repo_id,
        sha,
        sum(
            greatest(unix_micros(ended_at) - unix_micros(greatest(began_at, covered_until_at)), 0)
        ) / 3600000000e0 as queue_hours
    from ordered
    group by
        repo_id,
        sha
),

followed as (
    select
        ci_attempts.*,
        row_number() over (partition by repo_id, run_id order by attempt desc) > 1 as followed
    from ci_attempts
    where integrates
),

tried as (
    select
        repo_id,
        sha,
        count(distinct run_id) as runs,
        count(*) as attempts,
        sum(case when followed and finished_at is null then 1 else 0 end) as untold_attempts,
        min(
            case when conclusion in ('failure', 'timed_out', 'startup_failure', 'error') then finished_at end
        ) as failed_at
    from followed
    group by
        repo_id,
        sha
)

select
    tried.repo_id,
    tried.sha,
    tried.runs,
    tried.attempts,
    waited.queue_hours,
    cast(tried.untold_attempts as bigint) as untold_attempts,
    tried.failed_at,
    case
        when tried.untold_attempts > 0 then null
        when tried.failed_at < coalesce(ci_successes.green_at, report_times.as_of)
            then (
                unix_micros(coalesce(ci_successes.green_at, report_times.as_of)) - unix_micros(tried.failed_at)
            ) / 3600000000e0
        else 0e0
    end as rerun_hours
from tried
inner join report_times
    on tried.repo_id = report_times.repo_id
left join waited
    on
        tried.repo_id = waited.repo_id
        and tried.sha = waited.sha
left join ci_successes
    on
        tried.repo_id = ci_successes.repo_id
        and tried.sha = ci_successes.sha
where tried.sha is not null
