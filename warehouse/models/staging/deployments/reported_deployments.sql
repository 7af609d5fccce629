-- reported_deployments: deployments as the systems that make them report them, with their state as of the report
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the system
--   production: the system's own flag, null where it has none
--   sha: deployed commit, null where only a version is known
--   version: tag or version, null where only a commit is known
--   created_at: when the attempt began, UTC
--   succeeded_at: first success, UTC; a later `inactive` does not move it
--   state: `success` if it ever succeeded, else its last state, else `unknown`
--   failed_attempts: failures before the first success
--   url: web address
--   source: the collector that reported it
--   collected_at: when it was read; its statuses count only from the same reading, UTC
with numbered as (
    select
        raw_deployments.*,
        row_number() over (
            partition by repo_id, deployment_id
            order by
                collected_at desc, coalesce(deleted, false), created_at desc, coalesce(sha, ''), coalesce(version, ''),
                coalesce(environment, ''), coalesce(application, ''), source
        ) as reading
    from raw_deployments
),

current_deployments as (
    select numbered.*
    from numbered
    where
        reading = 1
        and not coalesce(deleted, false)
),

told as (
    select distinct
        raw_deployment_statuses.repo_id,
        raw_deployment_statuses.deployment_id,
        raw_deployment_statuses.state,
        raw_deployment_statuses.status_at
    from raw_deployment_statuses
    inner join current_deployments
        on
            raw_deployment_statuses.repo_id = current_deployments.repo_id
            and raw_deployment_statuses.deployment_id = current_deployments.deployment_id
            and raw_deployment_statuses.collected_at = current_deployments.collected_at
    inner join report_times
        on raw_deployment_statuses.repo_id = report_times.repo_id
    where coalesce(raw_deployment_statuses.status_at, report_times.as_of) <= report_times.as_of
),

statuses as (
    select
        repo_id,
        deployment_id,
        state,
        status_at,
        min(case when state = 'success' then status_at end) over (
            partition by repo_id, deployment_id
        ) as succeeded_at,
        row_number() over (
            partition by repo_id, deployment_id
            order by status_at desc, state
        ) as age
    from told
),

summed as (
    select
        repo_id,
        deployment_id,
        min(succeeded_at) as succeeded_at,
        min(status_at) as first_status_at,
        max(case when state = 'success' then 1 else 0 end) as ever,
        max(case when age = 1 then state end) as last_state,
        sum(
            case
                when state in ('failure', 'error') and (succeeded_at is null or status_at < succeeded_at) then 1
                else 0
            end
        ) as failed_attempts
    from statuses
    group by
        repo_id,
        deployment_id
)

select
    current_deployments.repo_id,
    current_deployments.deployment_id,
    current_deployments.application,
    current_deployments.environment,
    current_deployments.production,
    current_deployments.sha,
    current_deployments.version,
    coalesce(current_deployments.created_at, summed.first_status_at) as created_at,
    summed.succeeded_at,
    case when summed.ever = 1 then 'success' else coalesce(summed.last_state, 'unknown') end as state,
    cast(coalesce(summed.failed_attempts, 0) as bigint) as failed_attempts,
    current_deployments.url,
    current_deployments.source,
    current_deployments.collected_at
from current_deployments
left join summed
    on
        current_deployments.repo_id = summed.repo_id
        and current_deployments.deployment_id = summed.deployment_id
