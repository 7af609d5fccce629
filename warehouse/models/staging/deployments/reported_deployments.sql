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
--   state: `success` if it ever succeeded, else its last state; `pending` without one while a later one is read, and on
--     its first day; else `unknown`, as where `inactive` is all that is reported: another one took its place
--   failed_attempts: failures before the first success
--   url: web address
--   source: the collector that reported it
--   collected_at: when it was read; its statuses count only from the same reading, UTC
--   record_id: the id as reported, which may stand for several deployments
--   deployments_of_id: deployments that are reported under that id
--   written_in: file and line that report it, null where a system does
with told as (
    select reported_statuses.*
    from reported_statuses
    inner join report_times
        on reported_statuses.repo_id = report_times.repo_id
    where coalesce(reported_statuses.status_at, report_times.as_of) <= report_times.as_of
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
        min(case when state = 'inactive' then 1 else 0 end) as replaced,
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
),

ever_told as (
    select distinct
        repo_id,
        deployment_id
    from reported_statuses
)

select
    reported_ids.repo_id,
    reported_ids.deployment_id,
    reported_ids.application,
    reported_ids.environment,
    reported_ids.production,
    reported_ids.sha,
    reported_ids.version,
    case
        -- By a report of then it had begun before what its file says now.
        when earlier_successes.counts then least(coalesce(reported_ids.created_at, summed.first_status_at), summed.succeeded_at)
        else coalesce(reported_ids.created_at, summed.first_status_at)
    end as created_at,
    summed.succeeded_at,
    case
        when summed.ever = 1 then 'success'
        when summed.replaced = 1 then 'unknown'
        when summed.last_state is not null then summed.last_state
        when ever_told.deployment_id is not null then 'pending'
        when unix_micros(report_times.as_of) - unix_micros(reported_ids.created_at) < 86400000000 then 'pending'
        else 'unknown'
    end as state,
    cast(coalesce(summed.failed_attempts, 0) as bigint) as failed_attempts,
    reported_ids.url,
    reported_ids.source,
    reported_ids.collected_at,
    reported_ids.record_id,
    reported_ids.deployments_of_id,
    reported_ids.written_in
from reported_ids
left join summed
    on
        reported_ids.repo_id = summed.repo_id
        and reported_ids.deployment_id = summed.deployment_id
left join ever_told
    on
        reported_ids.repo_id = ever_told.repo_id
        and reported_ids.deployment_id = ever_told.deployment_id
left join earlier_successes
    on
        reported_ids.repo_id = earlier_successes.repo_id
        and reported_ids.deployment_id = earlier_successes.deployment_id
left join report_times
    on reported_ids.repo_id = report_times.repo_id
