-- production_gaps: production deployments of each environment in order of time, and the gaps before them where the content of deployments is unknown
-- grain: one row per service, environment and successful, dated production deployment, but for those of an unknown part
-- key: repo_id, service, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   succeeded_at: first success, UTC
--   resolved: its commit is known, with its history
--   unseen_until_at: what landed before this may have arrived with a deployment of unknown content, UTC
--   last: no later production deployment is recorded in its environment
--   service: service, empty where the repository is one service
--   environment: the environment whose deployments follow one another here
with earlier as (
    select
        repo_id,
        service,
        environment,
        deployment_id,
        succeeded_at,
        sha is not null and not isolated as resolved,
        max(case when sha is null or isolated then succeeded_at end) over (
            partition by repo_id, service, environment
            order by succeeded_at, deployment_id
            rows between unbounded preceding and 1 preceding
        ) as unresolved_before_at,
        max(case when sha is not null and not isolated then succeeded_at end) over (
            partition by repo_id, service, environment
            order by succeeded_at, deployment_id
            rows between unbounded preceding and 1 preceding
        ) as resolved_before_at,
        row_number() over (
            partition by repo_id, service, environment
            order by succeeded_at desc, deployment_id desc
        ) as back
    from service_deployments
    where
        production
        and succeeded_at is not null
        -- What one of a part may have shipped is known: no more than its commit has.
        and part_of_sha is null
)
select
    repo_id,
    deployment_id,
    succeeded_at,
    resolved,
    case
        when resolved_before_at is null or unresolved_before_at > resolved_before_at then unresolved_before_at
    end as unseen_until_at,
    back = 1 as last,
    service,
    environment
from earlier
