-- restated_deployments: deployments of which records say several things, and what of it counts
-- grain: one row per repository, deployment and kind
-- key: repo_id, deployment_id, kind
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   kind: several (lines say how it ended after its first success, which counts) or changed (its file said before that it
--     succeeded earlier, or at all)
--   environment: as named by the system
--   record_id: the id as reported
--   counted_at: the first success that counts, UTC; null where none does
--   counted_in: file and line of it
--   other_state: what another line, or the file as read before, says
--   other_at: since when by that, UTC
--   other_in: file and line of that
with ended as (
    select reported_statuses.*
    from reported_statuses
    inner join report_times
        on reported_statuses.repo_id = report_times.repo_id
    where
        reported_statuses.written_in is not null
        and reported_statuses.state in ('success', 'failure', 'error', 'cancelled', 'skipped')
        and reported_statuses.status_at <= report_times.as_of
),

successes as (
    select
        repo_id,
        deployment_id,
        written_in,
        status_at,
        row_number() over (partition by repo_id, deployment_id order by status_at, written_in) as place
    from ended
    where state = 'success'
),

later as (
    select
        successes.repo_id,
        successes.deployment_id,
        'several' as kind,
        successes.status_at as counted_at,
        successes.written_in as counted_in,
        ended.state as other_state,
        ended.status_at as other_at,
        ended.written_in as other_in,
        row_number() over (
            partition by successes.repo_id, successes.deployment_id
            order by ended.status_at, ended.state
        ) as place
    from successes
    inner join ended
        on
            successes.repo_id = ended.repo_id
            and successes.deployment_id = ended.deployment_id
            and successes.status_at <= ended.status_at
    where
        successes.place = 1
        and successes.written_in <> ended.written_in
),

several as (
    select
        repo_id,
        deployment_id,
        kind,
        counted_at,
        counted_in,
        other_state,
        other_at,
        other_in
    from later
    where place = 1
    union all
    select
        earlier_successes.repo_id,
        earlier_successes.deployment_id,
        'changed' as kind,
        successes.status_at as counted_at,
        successes.written_in as counted_in,
        'success' as other_state,
        earlier_successes.succeeded_at as other_at,
        earlier_successes.written_in as other_in
    from earlier_successes
    inner join report_times
        on earlier_successes.repo_id = report_times.repo_id
    left join successes
        on
            earlier_successes.repo_id = successes.repo_id
            and earlier_successes.deployment_id = successes.deployment_id
            and successes.place = 1
    where earlier_successes.succeeded_at <= report_times.as_of
)

select
    several.repo_id,
    several.deployment_id,
    several.kind,
    reported_ids.environment,
    reported_ids.record_id,
    several.counted_at,
    several.counted_in,
    several.other_state,
    several.other_at,
    several.other_in
from several
inner join reported_ids
    on
        several.repo_id = reported_ids.repo_id
        and several.deployment_id = reported_ids.deployment_id
