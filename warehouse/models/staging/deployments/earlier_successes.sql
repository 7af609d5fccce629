-- earlier_successes: deployments that succeeded earlier, or at all, by what a file of records had said before it changed
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   succeeded_at: first success as read before, UTC
--   counted_at: first success as read last, UTC; null where the file has none any more
--   counts: the file has only later statuses now: it was deployed once, and another try followed
--   written_in: file and line that had reported it
with told as (
    select
        reported_ids.repo_id,
        reported_ids.deployment_id,
        raw_deployment_statuses.state,
        raw_deployment_statuses.status_at,
        raw_deployment_statuses.written_in,
        raw_deployment_statuses.collected_at = reported_readings.collected_at as counted
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
            and reported_readings.variant = raw_deployment_statuses.variant
            and reported_readings.reported_by = raw_deployment_statuses.reported_by
    where
        raw_deployment_statuses.collected_at <= reported_readings.collected_at
        and (
            reported_readings.retracted_at is null
            or reported_readings.retracted_at <= raw_deployment_statuses.collected_at
        )
),

summed as (
    select
        repo_id,
        deployment_id,
        min(case when counted and state = 'success' then status_at end) as counted_at,
        max(case when counted then status_at end) as last_at,
        min(case when not counted and state = 'success' then status_at end) as succeeded_at
    from told
    group by
        repo_id,
        deployment_id
),

earlier as (
    select
        summed.repo_id,
        summed.deployment_id,
        summed.succeeded_at,
        summed.counted_at,
        summed.counted_at is null and summed.succeeded_at < summed.last_at as counts
    from summed
    where
        summed.succeeded_at is not null
        and (summed.counted_at is null or summed.succeeded_at < summed.counted_at)
)

select
    earlier.repo_id,
    earlier.deployment_id,
    earlier.succeeded_at,
    earlier.counted_at,
    earlier.counts,
    min(told.written_in) as written_in
from earlier
inner join told
    on
        earlier.repo_id = told.repo_id
        and earlier.deployment_id = told.deployment_id
        and earlier.succeeded_at = told.status_at
where
    told.state = 'success'
    and not told.counted
group by
    earlier.repo_id,
    earlier.deployment_id,
    earlier.succeeded_at,
    earlier.counted_at,
    earlier.counts
