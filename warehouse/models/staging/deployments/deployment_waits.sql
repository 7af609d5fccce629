-- deployment_waits: when a deployment waited: queued, or at a gate
-- grain: one row per repository, deployment and time at which it began to wait
-- key: repo_id, deployment_id, began_at
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   began_at: UTC
--   ended_at: its next status, or the report where there is none, UTC
with statuses as (
    select
        reported_deployments.repo_id,
        reported_deployments.deployment_id,
        reported_statuses.status_at,
        report_times.as_of,
        -- Of several statuses at one time the one that comes last in a deployment's life holds.
        max(
            case
                when reported_statuses.state in ('queued', 'pending', 'requested', 'waiting') then 0
                else 1
            end
        ) as moves
    from reported_deployments
    inner join reported_statuses
        on
            reported_deployments.repo_id = reported_statuses.repo_id
            and reported_deployments.deployment_id = reported_statuses.deployment_id
    inner join report_times
        on reported_deployments.repo_id = report_times.repo_id
    where
        reported_statuses.status_at <= report_times.as_of
        and (
            reported_deployments.succeeded_at is null
            or reported_statuses.status_at <= reported_deployments.succeeded_at
        )
    group by
        reported_deployments.repo_id,
        reported_deployments.deployment_id,
        reported_statuses.status_at,
        report_times.as_of
),

steps as (
    select
        repo_id,
        deployment_id,
        status_at,
        moves,
        as_of,
        lead(status_at) over (partition by repo_id, deployment_id order by status_at) as next_at
    from statuses
)

select
    repo_id,
    deployment_id,
    status_at as began_at,
    coalesce(next_at, as_of) as ended_at
from steps
where moves = 0
