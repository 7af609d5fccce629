-- reported_statuses: statuses of reported deployments, of all that counts of each, whatever the as-of time
-- grain: one row per repository, deployment and status
-- key: repo_id, deployment_id, position
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   state: `queued`, `waiting`, `in_progress`, `success`, `failure`, `inactive`, …
--   status_at: since when, UTC; null where the source has no time of it
--   position: place in order of time, from 1 for the newest
--   written_in: file and line that report it, null where a system does
with counted as (
    select
        reported_ids.repo_id,
        reported_ids.deployment_id,
        raw_deployment_statuses.state,
        raw_deployment_statuses.status_at,
        min(raw_deployment_statuses.written_in) as written_in
    from reported_ids
    inner join reported_readings
        on
            reported_ids.repo_id = reported_readings.repo_id
            and reported_ids.record_id = reported_readings.record_id
            and reported_ids.variant = reported_readings.variant
    inner join raw_deployment_statuses
        on
            reported_readings.repo_id = raw_deployment_statuses.repo_id
            and reported_readings.record_id = raw_deployment_statuses.deployment_id
            and reported_readings.collected_at = raw_deployment_statuses.collected_at
            and reported_readings.reported_by = coalesce(raw_deployment_statuses.reported_by, '')
    where
        raw_deployment_statuses.variant is null
        or raw_deployment_statuses.variant = reported_readings.variant
    group by
        reported_ids.repo_id,
        reported_ids.deployment_id,
        raw_deployment_statuses.state,
        raw_deployment_statuses.status_at
),

told as (
    select
        repo_id,
        deployment_id,
        state,
        status_at,
        written_in
    from counted
    union all
    select
        repo_id,
        deployment_id,
        'success' as state,
        succeeded_at as status_at,
        written_in
    from earlier_successes
    where counts
)

select
    repo_id,
    deployment_id,
    state,
    status_at,
    cast(
        row_number() over (
            partition by repo_id, deployment_id
            order by status_at desc, state
        ) as bigint
    ) as position,
    written_in
from told
