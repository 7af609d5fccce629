-- deployment_friction: delays of each deployment whose statuses are known
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   gate_hours: waiting at gates or in a queue, before its first success or so far, hours
--   failed_attempts: failures before the first success
with told as (
    select distinct
        reported_statuses.repo_id,
        reported_statuses.deployment_id
    from reported_statuses
    inner join report_times
        on reported_statuses.repo_id = report_times.repo_id
    where reported_statuses.status_at <= report_times.as_of
),

waited as (
    select
        repo_id,
        deployment_id,
        sum(unix_micros(ended_at) - unix_micros(began_at)) / 3600000000e0 as gate_hours
    from deployment_waits
    group by
        repo_id,
        deployment_id
)

select
    reported_deployments.repo_id,
    reported_deployments.deployment_id,
    coalesce(waited.gate_hours, 0e0) as gate_hours,
    reported_deployments.failed_attempts
from reported_deployments
inner join told
    on
        reported_deployments.repo_id = told.repo_id
        and reported_deployments.deployment_id = told.deployment_id
left join waited
    on
        reported_deployments.repo_id = waited.repo_id
        and reported_deployments.deployment_id = waited.deployment_id
