-- deployment_times: deployments as of the report, and whether their environment is production
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   source: tags, manifests, branch, workflow, releases, or the collector that reported it
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the source
--   production: whether that is production
--   version: as named by the source
--   sha: deployed commit, null where none was identified
--   created_at: when the attempt began, UTC
--   succeeded_at: first success, UTC
--   state: `success`, or the last state
--   failed_attempts: failures before the first success
--   undatable: it succeeded, and the source has no time of it; or no status says whether it succeeded
--   dated_by: what the time is: report, manifest, merge, tagger, commit or reading (a lightweight tag: then or later)
--   problem: why there is no commit, empty where there is one
--   isolated: its commit is known by id alone, without its history
--   evidence: the record that shows it
--   url: web address
--   service: the service that it deploys, empty for the whole repository; null where its application names none
--   excluded: its environment is neither production nor one before it: settings leave it out, or it has web pages or packages
--   part_of_sha: the commit of which it deploys an unknown part; then sha is null
with judged as (
    select
        deployments_seen.repo_id,
        deployments_seen.deployment_id,
        service_environments.wave is not null
        or coalesce(
            service_environments.production,
            case when environments.final then environments.production end,
            deployments_seen.reported_production,
            environments.production,
            false
        ) as production,
        coalesce(environments.excluded, false) as no_stage,
        coalesce(service_environments.excluded, false) as excluded,
        service_environments.wave is null and coalesce(service_environments.waves_named, false) as no_wave
    from deployments_seen
    left join environments
        on
            deployments_seen.repo_id = environments.repo_id
            and deployments_seen.environment = environments.environment
    left join service_environments
        on
            deployments_seen.repo_id = service_environments.repo_id
            and deployments_seen.service = service_environments.service
            and deployments_seen.environment = service_environments.environment
),

placed as (
    select
        repo_id,
        deployment_id,
        production and not excluded and not no_wave as production,
        excluded or (production and no_wave) or (no_stage and not production) as excluded
    from judged
)

select
    deployments_seen.repo_id,
    deployments_seen.deployment_id,
    deployments_seen.source,
    deployments_seen.application,
    deployments_seen.environment,
    placed.production,
    deployments_seen.version,
    deployments_seen.sha,
    deployments_seen.created_at,
    deployments_seen.succeeded_at,
    deployments_seen.state,
    deployments_seen.failed_attempts,
    deployments_seen.undatable,
    deployments_seen.dated_by,
    deployments_seen.problem,
    deployments_seen.isolated,
    deployments_seen.evidence,
    deployments_seen.url,
    deployments_seen.service,
    placed.excluded,
    deployments_seen.part_of_sha
from deployments_seen
inner join placed
    on
        deployments_seen.repo_id = placed.repo_id
        and deployments_seen.deployment_id = placed.deployment_id
inner join report_times
    on deployments_seen.repo_id = report_times.repo_id
where
    coalesce(deployments_seen.created_at, deployments_seen.succeeded_at) <= report_times.as_of
    or (
        deployments_seen.undatable
        and coalesce(deployments_seen.created_at, deployments_seen.succeeded_at) is null
    )
