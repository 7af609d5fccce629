-- ci_jobs: jobs of CI runs, of all their attempts
-- grain: one row per repository, run and job
-- key: repo_id, run_id, job_id
-- columns:
--   repo_id: repository
--   run_id: run
--   job_id: the system's own id
--   attempt: attempt of the run, from 1
--   name: job
--   conclusion: `success`, `failure`, … or null while it ran
--   created_at: queued, UTC
--   started_at: a runner took it, UTC
--   finished_at: UTC
--   runner: name of the runner
with numbered as (
    select
        raw_ci_jobs.*,
        row_number() over (
            partition by raw_ci_jobs.repo_id, raw_ci_jobs.run_id, raw_ci_jobs.job_id
            order by
                raw_ci_jobs.attempt desc, raw_ci_jobs.finished_at desc, raw_ci_jobs.started_at desc,
                coalesce(raw_ci_jobs.conclusion, ''), coalesce(raw_ci_jobs.name, '')
        ) as reading
    from raw_ci_jobs
    inner join ci_runs
        on
            raw_ci_jobs.repo_id = ci_runs.repo_id
            and raw_ci_jobs.run_id = ci_runs.run_id
            and raw_ci_jobs.collected_at = ci_runs.collected_at
)
select
    repo_id,
    run_id,
    job_id,
    coalesce(attempt, 1) as attempt,
    name,
    conclusion,
    created_at,
    started_at,
    finished_at,
    runner
from numbered
where reading = 1
