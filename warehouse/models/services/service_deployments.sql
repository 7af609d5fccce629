-- service_deployments: the deployments of each service: its own, and those of the whole repository
-- grain: one row per repository, service and deployment
-- key: repo_id, service, deployment_id
-- columns:
--   repo_id: repository
--   service: its name, empty for deployments of a whole repository
--   deployment_id: unique within the repository
--   application: what was deployed, empty where the source names none
--   environment: as named by the source
--   production: whether that is production
--   excluded: the settings leave the environment out
--   sha: deployed commit, null where none was identified
--   version: as named by the source
--   created_at: when the attempt began, UTC
--   succeeded_at: first success, UTC
--   state: `success`, or the last state
--   undatable: it succeeded, and the source has no time of it
--   isolated: its commit is known by id alone, without its history
--   own: it deploys this service alone, not the whole repository
--   part_of_sha: the commit of which it deploys an unknown part; then sha is null
with several as (
    select distinct repo_id
    from services
    where service <> ''
),

served as (
    select
        repo_id,
        service,
        tags
    from services
    union all
    select
        repo_id,
        '' as service,
        '' as tags
    from several
)

select
    served.repo_id,
    served.service,
    deployment_times.deployment_id,
    deployment_times.application,
    deployment_times.environment,
    deployment_times.production,
    deployment_times.excluded,
    deployment_times.sha,
    deployment_times.version,
    deployment_times.created_at,
    deployment_times.succeeded_at,
    deployment_times.state,
    deployment_times.undatable,
    deployment_times.isolated,
    served.service = deployment_times.service as own,
    deployment_times.part_of_sha
from served
inner join deployment_times
    on served.repo_id = deployment_times.repo_id
where
    served.service = deployment_times.service
    -- A service with tags of its own is not shipped by those of the repository.
    or (deployment_times.service = '' and not (served.tags <> '' and deployment_times.source in ('tags', 'releases')))
