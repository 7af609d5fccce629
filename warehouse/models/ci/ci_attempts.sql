-- ci_attempts: each attempt of each CI run, as of the report
-- grain: one row per repository, run and attempt that had begun by the time of the report
-- key: repo_id, run_id, attempt
-- columns:
--   repo_id: repository
--   run_id: the system's own id
--   attempt: from 1
--   name: workflow or job
--   sha: commit
--   branch: branch it ran on
--   event: what started it, null where unknown
--   integrates: it is CI of the default branch, or of the merge queue before it
--   deploys: the settings say that it deploys
--   created_at: queued, UTC
--   started_at: a runner took its first job, UTC
--   finished_at: UTC, null while it ran, or where only a later attempt is known
--   conclusion: `success`, `failure`, … or null, likewise
with by_attempt as (
    select
        repo_id,
        run_id,
        attempt,
        min(created_at) as created_at,
        min(started_at) as started_at,
        case when count(finished_at) = count(*) then max(finished_at) end as finished_at,
        case
            when count(finished_at) < count(*) then null
            when
                max(
                    case when conclusion in ('failure', 'timed_out', 'startup_failure', 'error') then 1 else 0 end
                ) = 1
                then 'failure'
            when max(case when conclusion = 'cancelled' then 1 else 0 end) = 1 then 'cancelled'
            when max(case when conclusion = 'success' then 1 else 0 end) = 1 then 'success'
            else max(conclusion)
        end as conclusion
    from ci_jobs
    group by
        repo_id,
        run_id,
        attempt
),

attempts as (
    select
        repo_id,
        run_id,
        attempt
    from by_attempt
    union
    select
        repo_id,
        run_id,
        attempt
    from ci_runs
    union
    select
        repo_id,
        run_id,
        cast(1 as bigint) as attempt
    from ci_runs
),

-- The run describes its last attempt; only the jobs describe earlier ones.
told as (
    select
        ci_runs.repo_id,
        ci_runs.run_id,
        attempts.attempt,
        ci_runs.name,
        ci_runs.sha,
        ci_runs.branch,
        ci_runs.event,
        case
            when attempts.attempt = 1 then coalesce(ci_runs.created_at, by_attempt.created_at)
            when attempts.attempt = ci_runs.attempt then coalesce(ci_runs.started_at, by_attempt.created_at)
            else by_attempt.created_at
        end as created_at,
        case
            when by_attempt.started_at is not null then by_attempt.started_at
            when attempts.attempt = ci_runs.attempt and ci_runs.attempt = 1 then ci_runs.started_at
        end as started_at,
        case
            when attempts.attempt = ci_runs.attempt then ci_runs.finished_at
            else by_attempt.finished_at
        end as finished_at,
        case
            when attempts.attempt = ci_runs.attempt then ci_runs.conclusion
            else by_attempt.conclusion
        end as conclusion
    from attempts
    inner join ci_runs
        on
            attempts.repo_id = ci_runs.repo_id
            and attempts.run_id = ci_runs.run_id
    left join by_attempt
        on
            attempts.repo_id = by_attempt.repo_id
            and attempts.run_id = by_attempt.run_id
            and attempts.attempt = by_attempt.attempt
    where attempts.attempt <= ci_runs.attempt
)

select
    told.repo_id,
    told.run_id,
    told.attempt,
    told.name,
    told.sha,
    told.branch,
    told.event,
    workflow_kinds.integrates
    and coalesce(told.event, '') not in ('deployment', 'deployment_status', 'issues', 'issue_comment', 'release')
    -- A pull request from the main branch of a fork runs on a branch of that name too.
    and coalesce(told.event, '') not like 'pull_request%'
    and coalesce(told.event, '') not like 'merge_request%'
    and (
        coalesce(told.branch = repository_settings.default_branch, false)
        or coalesce(told.event = 'merge_group', false)
    ) as integrates,
    workflow_kinds.deploys and coalesce(told.event, '') not like 'pull_request%' as deploys,
    told.created_at,
    case when told.started_at <= report_times.as_of then told.started_at end as started_at,
    case when told.finished_at <= report_times.as_of then told.finished_at end as finished_at,
    case when told.finished_at <= report_times.as_of then told.conclusion end as conclusion
from told
inner join workflow_kinds
    on
        told.repo_id = workflow_kinds.repo_id
        and told.name = workflow_kinds.name
inner join repository_settings
    on told.repo_id = repository_settings.repo_id
inner join report_times
    on told.repo_id = report_times.repo_id
where coalesce(told.created_at, told.started_at, told.finished_at) <= report_times.as_of
