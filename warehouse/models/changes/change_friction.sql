-- change_friction: delays of each change inside the stages `build` and `deploy`
-- grain: one row per change that is code complete
-- key: change_id
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   gate_hours: part of `deploy`: time at gates and in queues of the deployments that tried to ship it, hours
--   failed_attempts: failures of these deployments before it arrived
--   ci_queue_hours: part of `build`: time in which CI of the commits that integrate it waited for runners, hours
--   ci_rerun_hours: part of `build`: time after the first failure of that CI, hours; null where that is not known
--   repo_id: repository
with rollouts as (
    select
        change_outcomes.change_id,
        change_outcomes.repo_id,
        change_outcomes.deploy_started_on as began_at,
        coalesce(change_outcomes.production_on, change_outcomes.ended_at) as ended_at,
        lanes.environment,
        lanes.application,
        coalesce(attempts.created_at, lanes.created_at) as first_at
    from change_outcomes
    inner join repository_stages
        on change_outcomes.repo_id = repository_stages.repo_id
    inner join change_milestones
        on
            change_outcomes.change_id = change_milestones.change_id
            and change_outcomes.service = change_milestones.service
    inner join deployment_times as lanes
        on
            change_milestones.repo_id = lanes.repo_id
            and coalesce(change_milestones.deployment_id, change_milestones.attempt_deployment_id) = lanes.deployment_id
    left join deployment_times as attempts
        on
            change_milestones.repo_id = attempts.repo_id
            and change_milestones.attempt_deployment_id = attempts.deployment_id
    where
        change_outcomes.whole
        and repository_stages.has_rollout
        and change_outcomes.deploy_started_on is not null
        and change_outcomes.outcome in ('production', 'waiting')
),

tries as (
    select
        rollouts.change_id,
        rollouts.repo_id,
        rollouts.began_at,
        rollouts.ended_at,
        deployment_friction.deployment_id,
        deployment_friction.failed_attempts
    from rollouts
    inner join deployment_times
        on
            rollouts.repo_id = deployment_times.repo_id
            and rollouts.environment = deployment_times.environment
            and rollouts.application = deployment_times.application
            and deployment_times.created_at >= rollouts.first_at
            and deployment_times.created_at <= rollouts.ended_at
    inner join deployment_friction
        on
            deployment_times.repo_id = deployment_friction.repo_id
            and deployment_times.deployment_id = deployment_friction.deployment_id
    where deployment_times.production
),

failures as (
    select
        change_id,
        sum(failed_attempts) as failed_attempts
    from tries
    group by change_id
),

gates as (
    select
        tries.change_id,
        greatest(deployment_waits.began_at, tries.began_at) as began_at,
        least(deployment_waits.ended_at, tries.ended_at) as ended_at
    from tries
    inner join deployment_waits
        on
            tries.repo_id = deployment_waits.repo_id
            and tries.deployment_id = deployment_waits.deployment_id
    where
        deployment_waits.began_at < tries.ended_at
        and deployment_waits.ended_at > tries.began_at
),

builds as (
    select
        change_outcomes.change_id,
        change_outcomes.repo_id,
        changes.sha,
        change_milestones.integrated_sha,
        change_outcomes.merged_on as began_at,
        coalesce(change_outcomes.integrated_on, change_outcomes.ended_at) as ended_at
    from change_outcomes
    inner join repository_stages
        on change_outcomes.repo_id = repository_stages.repo_id
    inner join changes
        on change_outcomes.change_id = changes.change_id
    inner join change_milestones
        on
            change_outcomes.change_id = change_milestones.change_id
            and change_outcomes.service = change_milestones.service
    where
        change_outcomes.whole
        and repository_stages.has_integration
        and change_outcomes.merged_on is not null
),

built as (
    select
        change_id,
        repo_id,
        sha,
        began_at,
        ended_at
    from builds
    where ended_at is not null
    union
    select
        change_id,
        repo_id,
        integrated_sha as sha,
        began_at,
        ended_at
    from builds
    where ended_at is not null
),

reruns as (
    select
        built.change_id,
        max(
            case
                when ci_friction.failed_at < built.ended_at
                    then unix_micros(built.ended_at) - unix_micros(greatest(ci_friction.failed_at, built.began_at))
                else 0
            end
        ) / 3600000000e0 as ci_rerun_hours,
        max(coalesce(ci_friction.untold_attempts, 0)) as untold_attempts
    from built
    left join ci_friction
        on
            built.repo_id = ci_friction.repo_id
            and built.sha = ci_friction.sha
    group by built.change_id
),

queues as (
    select
        built.change_id,
        greatest(ci_waits.began_at, built.began_at) as began_at,
        least(ci_waits.ended_at, built.ended_at) as ended_at
    from built
    inner join ci_waits
        on
            built.repo_id = ci_waits.repo_id
            and built.sha = ci_waits.sha
),

-- Where several waited at once, the time counts once: it is a part of the stage.
waits as (
    select
        change_id,
        'deploy' as stage,
        began_at,
        ended_at
    from gates
    union all
    select
        change_id,
        'build' as stage,
        began_at,
        ended_at
    from queues
),

ordered as (
    select
        change_id,
        stage,
        began_at,
        ended_at,
        max(ended_at) over (
            partition by change_id, stage
            order by began_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as covered_until_at
    from waits
),

waited as (
    select
        change_id,
        sum(
            case
                when stage = 'deploy'
                    then greatest(unix_micros(ended_at) - unix_micros(greatest(began_at, covered_until_at)), 0)
                else 0
            end
        ) / 3600000000e0 as gate_hours,
        sum(
            case
                when stage = 'build'
                    then greatest(unix_micros(ended_at) - unix_micros(greatest(began_at, covered_until_at)), 0)
                else 0
            end
        ) / 3600000000e0 as queue_hours,
        max(case when stage = 'build' then 1 else 0 end) as queued
    from ordered
    group by change_id
)

select
    change_outcomes.change_id,
    case when failures.change_id is not null then coalesce(waited.gate_hours, 0e0) end as gate_hours,
    cast(failures.failed_attempts as bigint) as failed_attempts,
    case when waited.queued = 1 then waited.queue_hours end as ci_queue_hours,
    case when reruns.untold_attempts = 0 then reruns.ci_rerun_hours end as ci_rerun_hours,
    change_outcomes.repo_id
from change_outcomes
left join failures
    on change_outcomes.change_id = failures.change_id
left join waited
    on change_outcomes.change_id = waited.change_id
left join reruns
    on change_outcomes.change_id = reruns.change_id
where change_outcomes.whole
