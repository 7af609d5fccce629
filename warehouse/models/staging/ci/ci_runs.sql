-- ci_runs: CI runs as last read
-- grain: one row per repository and run
-- key: repo_id, run_id
-- columns:
--   repo_id: repository
--   run_id: the system's own id
--   name: workflow or job
--   sha: commit
--   branch: branch it ran on
--   event: what started it, null where unknown
--   attempt: attempt that the times belong to, from 1
--   conclusion: `success`, `failure`, … or null while it ran
--   created_at: queued, UTC
--   started_at: UTC
--   finished_at: UTC
--   collected_at: when it was read; jobs count only from the same reading, UTC
with numbered as (
    select
        raw_ci_runs.*,
        row_number() over (
            partition by repo_id, run_id
            order by
                collected_at desc, attempt desc, finished_at desc, started_at desc, created_at desc,
                coalesce(conclusion, ''), coalesce(name, ''), coalesce(sha, ''), coalesce(branch, '')
        ) as reading
    from raw_ci_runs
)
select
    repo_id,
    run_id,
    coalesce(name, '') as name,
    sha,
    branch,
    event,
    coalesce(attempt, 1) as attempt,
    conclusion,
    created_at,
    started_at,
    finished_at,
    collected_at
from numbered
where reading = 1
