-- workflow_deployments: runs of the workflows that the settings call deployments, as of the report
-- grain: one row per repository and deployment: attempts up to a success; a run again after that is another one
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: `workflow:<run>`, and the attempt behind a dot where an earlier one had succeeded
--   workflow: its name
--   sha: deployed commit
--   created_at: queued, UTC
--   succeeded_at: UTC
--   state: success, failure, cancelled, in_progress or queued
--   failed_attempts: attempts that failed before
with tries as (
    select
        repo_id,
        run_id,
        attempt,
        name,
        sha,
        coalesce(created_at, started_at, finished_at) as created_at,
        started_at,
        finished_at,
        case
            when conclusion in ('failure', 'timed_out', 'startup_failure', 'error') then 'failure'
            when conclusion in ('success', 'cancelled') then conclusion
            when started_at is not null then 'in_progress'
            else 'queued'
        end as state,
        count(case when conclusion = 'success' then 1 end) over (
            partition by repo_id, run_id
            order by attempt
            rows between unbounded preceding and 1 preceding
        ) as before
    from ci_attempts
    where
        deploys
        and coalesce(conclusion, '') not in ('skipped', 'neutral', 'stale', 'action_required')
),

numbered as (
    select
        tries.*,
        row_number() over (partition by repo_id, run_id, before order by attempt desc) as back
    from tries
)

select
    repo_id,
    case
        when min(before) = 0 then concat('workflow:', run_id)
        else concat('workflow:', run_id, '.', cast(min(attempt) as string))
    end as deployment_id,
    max(name) as workflow,
    max(sha) as sha,
    min(created_at) as created_at,
    min(case when state = 'success' then finished_at end) as succeeded_at,
    max(case when back = 1 then state end) as state,
    cast(sum(case when state = 'failure' then 1 else 0 end) as bigint) as failed_attempts
from numbered
group by
    repo_id,
    run_id,
    before
