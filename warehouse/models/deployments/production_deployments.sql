-- production_deployments: deployments to production that ended, and whether they were urgent
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: unique within the repository
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the source
--   sha: deployed commit
--   deployed_at: first success, else when the attempt that failed began, UTC
--   created_at: when the attempt began, UTC; null where that is not known
--   succeeded: whether it ever succeeded
--   kind: first, release, redeploy, rollback, rollforward or beside; null without success or commit
--   previous_deployment_id: what ran before it in its environment
--   changes: changes that it was the first to bring to production, of its service, without those of bots and releases
--   urgent: those of them that fix production: marked as hotfix, naming an incident, or reverting what had arrived
--   failed_attempts: failures before its first success, or all that it had
--   service: the service that it deploys, empty for the whole repository
--   rollout_id: the deployment that opened its roll-out; of attempts that failed without one the first of their try
--   opens_rollout: it is the first success of its roll-out, and no rollback
with arrived as (
    select
        change_milestones.repo_id,
        change_milestones.first_deployment_id as deployment_id,
        change_milestones.change_id,
        changes.change_key,
        change_outcomes.first_production_at as production_at
    from change_milestones
    inner join change_outcomes
        on
            change_milestones.change_id = change_outcomes.change_id
            and change_milestones.service = change_outcomes.service
    inner join changes
        on change_milestones.change_id = changes.change_id
    where
        change_outcomes.service <> '*'
        and change_outcomes.first_production_at is not null
        and change_milestones.first_deployment_id is not null
),

taken_back as (
    select distinct
        changes.repo_id,
        changes.reverted_by as change_key
    from arrived
    inner join changes
        on
            arrived.repo_id = changes.repo_id
            and arrived.change_key = changes.change_key
    inner join changes as reverting
        on
            changes.repo_id = reverting.repo_id
            and changes.reverted_by = reverting.change_key
    where reverting.merged_at >= arrived.production_at
),

counted as (
    select
        arrived.repo_id,
        arrived.deployment_id,
        count(*) as changes,
        sum(
            case
                when fixes.kind in ('hotfix', 'incident') then 1
                when fixes.kind = 'revert' and taken_back.change_key is not null then 1
                else 0
            end
        ) as urgent
    from arrived
    left join change_kinds
        on arrived.change_id = change_kinds.change_id
    left join fixes
        on
            arrived.repo_id = fixes.repo_id
            and arrived.change_key = fixes.change_key
    left join taken_back
        on
            arrived.repo_id = taken_back.repo_id
            and arrived.change_key = taken_back.change_key
    where coalesce(change_kinds.kind, 'work') = 'work'
    group by
        arrived.repo_id,
        arrived.deployment_id
)

select
    deployment_times.repo_id,
    deployment_times.deployment_id,
    deployment_times.application,
    deployment_times.environment,
    deployment_times.sha,
    coalesce(deployment_times.succeeded_at, deployment_times.created_at) as deployed_at,
    deployment_times.created_at,
    deployment_times.succeeded_at is not null as succeeded,
    deployment_chain.kind,
    deployment_chain.previous_deployment_id,
    coalesce(counted.changes, 0) as changes,
    cast(coalesce(counted.urgent, 0) as bigint) as urgent,
    deployment_times.failed_attempts,
    deployment_times.service,
    coalesce(rollouts.rollout_id, deployment_times.deployment_id) as rollout_id,
    coalesce(rollouts.opens_rollout, false) as opens_rollout
from deployment_times
left join deployment_chain
    on
        deployment_times.repo_id = deployment_chain.repo_id
        and deployment_times.deployment_id = deployment_chain.deployment_id
left join rollouts
    on
        deployment_times.repo_id = rollouts.repo_id
        and deployment_times.deployment_id = rollouts.deployment_id
        and deployment_times.service = rollouts.service
left join counted
    on
        deployment_times.repo_id = counted.repo_id
        and deployment_times.deployment_id = counted.deployment_id
where
    deployment_times.production
    and deployment_times.service is not null
    and coalesce(deployment_times.succeeded_at, deployment_times.created_at) is not null
    and (
        deployment_times.succeeded_at is not null
        or deployment_times.state in ('failure', 'error')
    )
