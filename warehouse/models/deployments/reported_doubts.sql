-- reported_doubts: reported deployments in which something cannot be right, or is not known
-- grain: one row per repository, deployment and kind of doubt
-- key: repo_id, deployment_id, kind
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   kind: repeated_id (another deployment is reported under its id), no_such_commit (in no branch or tag of the clone),
--     before_commit (it ended before its commit was made) or without_status (of production; nothing says how it ended)
--   environment: as named by the system
--   record_id: the id as reported
--   version: the commit or version that was deployed, as reported
--   early_hours: hours from its end to the making of its commit, null for other kinds
--   source: the collector that reported it
--   written_in: file and line that report it, null where a system does
with known as (
    select distinct repo_id
    from commits
),

reported as (
    select
        reported_deployments.repo_id,
        reported_deployments.deployment_id,
        reported_deployments.environment,
        reported_deployments.record_id,
        coalesce(reported_deployments.sha, reported_deployments.version) as version,
        reported_deployments.deployments_of_id,
        reported_deployments.succeeded_at,
        reported_deployments.source,
        reported_deployments.written_in,
        deployment_times.state,
        deployment_times.production,
        deployment_times.problem,
        commits.committed_at,
        known.repo_id is not null as has_commits
    from reported_deployments
    inner join deployment_times
        on
            reported_deployments.repo_id = deployment_times.repo_id
            and reported_deployments.deployment_id = deployment_times.deployment_id
    left join commits
        on
            deployment_times.repo_id = commits.repo_id
            and deployment_times.sha = commits.sha
    left join known
        on reported_deployments.repo_id = known.repo_id
),

doubted as (
    select
        reported.*,
        'repeated_id' as kind,
        cast(null as double) as early_hours
    from reported
    where deployments_of_id > 1
    union all
    select
        reported.*,
        'no_such_commit' as kind,
        cast(null as double) as early_hours
    from reported
    where
        problem = 'its commit is not in the clone'
        and has_commits
    union all
    select
        reported.*,
        'before_commit' as kind,
        (unix_micros(committed_at) - unix_micros(succeeded_at)) / 3600000000e0 as early_hours
    from reported
    where succeeded_at < committed_at
    union all
    select
        reported.*,
        'without_status' as kind,
        cast(null as double) as early_hours
    from reported
    where
        production
        and state = 'unknown'
)

select
    repo_id,
    deployment_id,
    kind,
    environment,
    record_id,
    version,
    early_hours,
    source,
    written_in
from doubted
