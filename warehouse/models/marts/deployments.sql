-- deployments: deployments of applications to all environments
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   provider: github, gitlab, git, …
--   repo: the repository's name
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
--   kind: first, release, redeploy, rollback, rollforward or beside (older than others there: no rollback) in its environment; null without success, date or commit
--   previous_deployment_id: what ran in the environment before it
--   new_commits: commits that the environment had not had before
--   withdrawn_commits: commits that a rollback removed
--   changes: changes whose arrival in production it completed (production deployments alone)
--   undatable: it succeeded, and the source has no time of it; or no status says whether it succeeded
--   dated_by: what the time is: report, manifest, merge, tagger, commit or reading (a lightweight tag: then or later)
--   problem: why there is no commit, empty where there is one
--   evidence: the record that shows it
--   url: web address, empty where unknown
--   as_of: the time as of which this row is reported, UTC
--   gate_hours: at gates and in queues before its first success or so far, hours; null where its statuses are not known
--   isolated: its commit is known by id alone, without its history
--   service: the service that it deploys, empty for the whole repository; null where its application names none
--   rollout_id: the deployment that opened its roll-out, null outside of production
--   excluded: the settings leave its environment out
--   wave: the place of its environment in a roll-out, from 1; null where it is no wave
with shipped as (
    select
        change_milestones.repo_id,
        change_milestones.deployment_id,
        count(*) as changes
    from change_milestones
    inner join change_outcomes
        on
            change_milestones.change_id = change_outcomes.change_id
            and change_milestones.service = change_outcomes.service
    where
        change_outcomes.outcome = 'production'
        and change_outcomes.service <> '*'
    group by
        change_milestones.repo_id,
        change_milestones.deployment_id
)
select
    deployment_times.repo_id,
    repository_settings.provider,
    repository_settings.repo,
    deployment_times.deployment_id,
    deployment_times.source,
    deployment_times.application,
    deployment_times.environment,
    deployment_times.production,
    deployment_times.version,
    deployment_times.sha,
    deployment_times.created_at,
    deployment_times.succeeded_at,
    deployment_times.state,
    deployment_times.failed_attempts,
    deployment_chain.kind,
    deployment_chain.previous_deployment_id,
    deployment_chain.new_commits,
    deployment_chain.withdrawn_commits,
    case when deployment_times.production then coalesce(shipped.changes, 0) end as changes,
    deployment_times.undatable,
    deployment_times.dated_by,
    deployment_times.problem,
    deployment_times.evidence,
    deployment_times.url,
    report_times.as_of,
    deployment_friction.gate_hours,
    deployment_times.isolated,
    deployment_times.service,
    rollouts.rollout_id,
    deployment_times.excluded,
    case when deployment_times.production then service_waves.wave end as wave
from deployment_times
inner join repository_settings
    on deployment_times.repo_id = repository_settings.repo_id
inner join report_times
    on deployment_times.repo_id = report_times.repo_id
left join deployment_chain
    on
        deployment_times.repo_id = deployment_chain.repo_id
        and deployment_times.deployment_id = deployment_chain.deployment_id
left join deployment_friction
    on
        deployment_times.repo_id = deployment_friction.repo_id
        and deployment_times.deployment_id = deployment_friction.deployment_id
left join rollouts
    on
        deployment_times.repo_id = rollouts.repo_id
        and deployment_times.deployment_id = rollouts.deployment_id
        and deployment_times.service = rollouts.service
left join service_waves
    on
        deployment_times.repo_id = service_waves.repo_id
        and deployment_times.service = service_waves.service
        and deployment_times.environment = service_waves.environment
left join shipped
    on
        deployment_times.repo_id = shipped.repo_id
        and deployment_times.deployment_id = shipped.deployment_id
