-- failure_signs: signs that a production deployment failed
-- grain: one row per repository, deployment, sign, record that shows it and change that it names
-- key: repo_id, deployment_id, sign, shown_by, change_key
-- columns:
--   repo_id: repository
--   deployment_id: the deployment that failed
--   sign: failed (it never succeeded), rollback, revert, hotfix or incident
--   shown_by: the deployment, change or incident that shows it
--   change_key: the change at fault, empty where the sign names none
--   linked_by: how it was linked to this deployment: itself, chain, change, reported or nearest
--   began_at: when the failure began, as far as is known: the deployment, or the start of the incident, UTC
--   recovered_at: when the failure ended, UTC; null while it lasts
with finished as (
    select
        production_deployments.*,
        row_number() over (
            partition by repo_id, application, environment, sha
            order by case when kind in ('first', 'release') then 0 else 1 end, deployed_at, deployment_id
        ) as shipping
    from production_deployments
    where succeeded
),

-- A deployment that ships a commit again counts as the one that shipped it first.
origins as (
    select
        again.repo_id,
        again.deployment_id,
        again.kind,
        original.deployment_id as origin_id,
        original.deployed_at as origin_at
    from finished as again
    inner join finished as original
        on
            again.repo_id = original.repo_id
            and again.application = original.application
            and again.environment = original.environment
            and again.sha = original.sha
    where original.shipping = 1
),

failed as (
    select
        broken.repo_id,
        broken.deployment_id,
        'failed' as sign,
        broken.deployment_id as shown_by,
        '' as change_key,
        'itself' as linked_by,
        broken.deployed_at as began_at,
        min(finished.deployed_at) as recovered_at
    from production_deployments as broken
    left join finished
        on
            broken.repo_id = finished.repo_id
            and broken.application = finished.application
            and broken.environment = finished.environment
            and broken.deployed_at <= finished.deployed_at
    where not broken.succeeded
    group by
        broken.repo_id,
        broken.deployment_id,
        broken.deployed_at
),

rolled_back as (
    select
        finished.repo_id,
        origins.origin_id as deployment_id,
        'rollback' as sign,
        finished.deployment_id as shown_by,
        '' as change_key,
        'chain' as linked_by,
        origins.origin_at as began_at,
        finished.deployed_at as recovered_at
    from finished
    inner join origins
        on
            finished.repo_id = origins.repo_id
            and finished.previous_deployment_id = origins.deployment_id
    where finished.kind = 'rollback'
),

arrived as (
    select
        changes.repo_id,
        changes.change_key,
        changes.change_id,
        changes.reverted_by,
        change_milestones.service,
        change_milestones.first_deployment_id as deployment_id,
        change_outcomes.first_production_at as production_at
    from changes
    inner join change_milestones
        on changes.change_id = change_milestones.change_id
    inner join change_outcomes
        on
            change_milestones.change_id = change_outcomes.change_id
            and change_milestones.service = change_outcomes.service
    where
        change_milestones.service <> '*'
        and change_outcomes.first_production_at is not null
),

reverted as (
    select
        arrived.repo_id,
        arrived.deployment_id,
        'revert' as sign,
        reverting.change_key as shown_by,
        arrived.change_key,
        'change' as linked_by,
        arrived.production_at as began_at,
        back.production_at as recovered_at,
        reverting.merged_at as shown_at
    from arrived
    inner join fixes
        on
            arrived.repo_id = fixes.repo_id
            and arrived.reverted_by = fixes.change_key
    inner join changes as reverting
        on
            arrived.repo_id = reverting.repo_id
            and arrived.reverted_by = reverting.change_key
    left join arrived as back
        on
            arrived.repo_id = back.repo_id
            and arrived.reverted_by = back.change_key
            and arrived.service = back.service
    where
        fixes.kind = 'revert'
        and arrived.deployment_id is not null
        and reverting.merged_at >= arrived.production_at
),

mending as (
    select distinct
        arrived.repo_id,
        arrived.change_key as fix_key,
        finished.deployed_at,
        origins.origin_id,
        origins.origin_at
    from arrived
    inner join fixes
        on
            arrived.repo_id = fixes.repo_id
            and arrived.change_key = fixes.change_key
    inner join finished
        on
            arrived.repo_id = finished.repo_id
            and arrived.deployment_id = finished.deployment_id
    inner join origins
        on
            finished.repo_id = origins.repo_id
            and finished.previous_deployment_id = origins.deployment_id
    where
        fixes.kind in ('hotfix', 'incident')
        -- A rollback ends the failure, and is the sign of it.
        and origins.kind <> 'rollback'
),

hotfixed as (
    select
        mending.repo_id,
        mending.origin_id as deployment_id,
        'hotfix' as sign,
        mending.fix_key as shown_by,
        coalesce(arrived.change_key, '') as change_key,
        'chain' as linked_by,
        mending.origin_at as began_at,
        mending.deployed_at as recovered_at
    from mending
    left join repairs
        on
            mending.repo_id = repairs.repo_id
            and mending.fix_key = repairs.fix_key
            and repairs.at_fault
    left join arrived
        on
            repairs.repo_id = arrived.repo_id
            and repairs.change_key = arrived.change_key
            and mending.origin_id = arrived.deployment_id
),

-- Where the lines name a change, the row of the same hot fix that names none says less.
named as (
    select
        hotfixed.*,
        max(change_key) over (partition by repo_id, deployment_id, shown_by) as any_key
    from hotfixed
),

near as (
    select
        incidents.repo_id,
        incidents.incident_id,
        finished.deployment_id,
        row_number() over (
            partition by incidents.repo_id, incidents.incident_id
            order by finished.deployed_at desc, finished.deployment_id
        ) as back
    from incidents
    inner join finished
        on
            incidents.repo_id = finished.repo_id
            and finished.deployed_at <= incidents.opened_at
    cross join parameters
    where
        -- What ships nothing new is not what broke.
        coalesce(finished.kind, '') not in ('rollback', 'redeploy', 'beside')
        and unix_micros(incidents.opened_at) - unix_micros(finished.deployed_at) <= parameters.incident_hours * 3600000000e0
),

-- A record's id may stand for several deployments: an incident of it counts against the first to production.
named_as as (
    select
        production_deployments.repo_id,
        production_deployments.deployment_id,
        coalesce(reported_deployments.record_id, production_deployments.deployment_id) as record_id,
        row_number() over (
            partition by
                production_deployments.repo_id,
                coalesce(reported_deployments.record_id, production_deployments.deployment_id)
            order by production_deployments.deployed_at, production_deployments.deployment_id
        ) as place
    from production_deployments
    left join reported_deployments
        on
            production_deployments.repo_id = reported_deployments.repo_id
            and production_deployments.deployment_id = reported_deployments.deployment_id
),

incident as (
    select
        incidents.repo_id,
        coalesce(stated.deployment_id, near.deployment_id) as deployment_id,
        'incident' as sign,
        incidents.incident_id as shown_by,
        '' as change_key,
        case when stated.deployment_id is not null then 'reported' else 'nearest' end as linked_by,
        incidents.opened_at as began_at,
        incidents.resolved_at as recovered_at
    from incidents
    left join named_as as stated
        on
            incidents.repo_id = stated.repo_id
            and incidents.deployment_id = stated.record_id
            and stated.place = 1
    left join near
        on
            incidents.repo_id = near.repo_id
            and incidents.incident_id = near.incident_id
            and incidents.deployment_id is null
            and near.back = 1
    where coalesce(stated.deployment_id, near.deployment_id) is not null
),

told as (
    select repo_id, deployment_id, sign, shown_by, change_key, linked_by, began_at, recovered_at, began_at as shown_at
    from failed
    union all
    select repo_id, deployment_id, sign, shown_by, change_key, linked_by, began_at, recovered_at, recovered_at as shown_at
    from rolled_back
    union all
    select repo_id, deployment_id, sign, shown_by, change_key, linked_by, began_at, recovered_at, shown_at
    from reverted
    union all
    select repo_id, deployment_id, sign, shown_by, change_key, linked_by, began_at, recovered_at, recovered_at as shown_at
    from named
    where
        change_key <> ''
        or any_key = ''
    union all
    select repo_id, deployment_id, sign, shown_by, change_key, linked_by, began_at, recovered_at, began_at as shown_at
    from incident
)

select distinct
    told.repo_id,
    told.deployment_id,
    told.sign,
    told.shown_by,
    told.change_key,
    told.linked_by,
    told.began_at,
    told.recovered_at
from told
inner join production_deployments
    on
        told.repo_id = production_deployments.repo_id
        and told.deployment_id = production_deployments.deployment_id
cross join parameters
where
    told.linked_by = 'reported'
    or unix_micros(told.shown_at) - unix_micros(production_deployments.deployed_at) <= parameters.failure_hours * 3600000000e0
