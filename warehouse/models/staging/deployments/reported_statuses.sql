-- reported_statuses: statuses of reported deployments, of the newest reading of each, whatever the as-of time
-- grain: one row per repository, deployment and status
-- key: repo_id, deployment_id, position
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   state: `queued`, `waiting`, `in_progress`, `success`, `failure`, `inactive`, …
--   status_at: since when, UTC; null where the source has no time of it
--   position: place in order of time, from 1 for the newest
with told as (
    select distinct
        reported_ids.repo_id,
        reported_ids.deployment_id,
        raw_deployment_statuses.state,
        raw_deployment_statuses.status_at
    from reported_ids
    inner join raw_deployment_statuses
        on
            reported_ids.repo_id = raw_deployment_statuses.repo_id
            and reported_ids.record_id = raw_deployment_statuses.deployment_id
            and reported_ids.collected_at = raw_deployment_statuses.collected_at
    where
        raw_deployment_statuses.variant is null
        or raw_deployment_statuses.variant = reported_ids.variant
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
    ) as position
from told
