-- ci_waits: when CI of the default branch waited in a queue
-- grain: one row per repository, run, attempt and job; job empty where a run's jobs are not known
-- key: repo_id, run_id, attempt, job_id
-- columns:
--   repo_id: repository
--   run_id: run
--   attempt: from 1
--   job_id: job, or empty
--   sha: commit
--   began_at: queued, UTC
--   ended_at: a runner took it, or the report where none has, UTC
with jobs as (
    select
        ci_attempts.repo_id,
        ci_attempts.run_id,
        ci_attempts.attempt,
        ci_jobs.job_id,
        ci_attempts.sha,
        ci_jobs.created_at as began_at,
        coalesce(ci_jobs.started_at, ci_jobs.finished_at) as ended_at
    from ci_attempts
    inner join ci_jobs
        on
            ci_attempts.repo_id = ci_jobs.repo_id
            and ci_attempts.run_id = ci_jobs.run_id
            and ci_attempts.attempt = ci_jobs.attempt
    where ci_attempts.integrates
),

known as (
    select distinct
        repo_id,
        run_id
    from ci_jobs
),

waits as (
    select
        repo_id,
        run_id,
        attempt,
        job_id,
        sha,
        began_at,
        ended_at
    from jobs
    union all
    select
        ci_attempts.repo_id,
        ci_attempts.run_id,
        ci_attempts.attempt,
        '' as job_id,
        ci_attempts.sha,
        ci_attempts.created_at as began_at,
        coalesce(ci_attempts.started_at, ci_attempts.finished_at) as ended_at
    from ci_attempts
    inner join ci_runs
        on
            ci_attempts.repo_id = ci_runs.repo_id
            and ci_attempts.run_id = ci_runs.run_id
    left join known
        on
            ci_attempts.repo_id = known.repo_id
            and ci_attempts.run_id = known.run_id
    where
        ci_attempts.integrates
        and known.run_id is null
        -- Of an attempt that was followed by another one nothing is known but that it began.
        and ci_runs.attempt = 1
        -- A run that started in the instant in which it was created shows nothing of its runners (GitHub's always do).
        and (
            ci_attempts.started_at > ci_attempts.created_at
            or (ci_attempts.started_at is null and ci_attempts.finished_at is null)
        )
)

select
    waits.repo_id,
    waits.run_id,
    waits.attempt,
    waits.job_id,
    waits.sha,
    waits.began_at,
    least(waits.ended_at, report_times.as_of) as ended_at
from waits
inner join report_times
    on waits.repo_id = report_times.repo_id
where waits.began_at <= report_times.as_of
