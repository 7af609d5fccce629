-- service_production: whether and since when each service is deployed to production
-- grain: one row per repository and service
-- key: repo_id, service
-- columns:
--   repo_id: repository
--   service: its name, empty where the repository is one service
--   has_production: there are deployments of it to production, or reports of changes that arrived there
--   first_production_at: the first recorded production deployment, or the first reported arrival, UTC
--   unseen_until_at: set if the last production deployment of a wave has no known commit: what landed before may have arrived, UTC
--   waves: production environments that are live waves
with reported as (
    select
        changes.repo_id,
        min(changes.reported_production_at) as first_production_at
    from changes
    left join arrivals
        on
            changes.repo_id = arrivals.repo_id
            and changes.change_key = arrivals.change_key
            and arrivals.first_deployment_id is not null
    where
        changes.reported_production_at is not null
        and arrivals.change_key is null
    group by changes.repo_id
),

deployed as (
    select
        repo_id,
        service,
        max(case when production and state <> 'unknown' then 1 else 0 end) as production,
        min(case when production then succeeded_at end) as first_production_at
    from service_deployments
    group by
        repo_id,
        service
),

going as (
    select
        repo_id,
        service,
        count(*) as waves
    from service_waves
    where live
    group by
        repo_id,
        service
),

-- What an environment that is no wave may have got says nothing of the waves.
blind as (
    select
        production_gaps.repo_id,
        production_gaps.service,
        max(production_gaps.succeeded_at) as unseen_until_at
    from production_gaps
    left join service_waves
        on
            production_gaps.repo_id = service_waves.repo_id
            and production_gaps.service = service_waves.service
            and production_gaps.environment = service_waves.environment
            and service_waves.live
    left join going
        on
            production_gaps.repo_id = going.repo_id
            and production_gaps.service = going.service
    where
        production_gaps.last
        and not production_gaps.resolved
        and (service_waves.live or going.waves is null)
    group by
        production_gaps.repo_id,
        production_gaps.service
)

select
    services.repo_id,
    services.service,
    coalesce(deployed.production, 0) = 1 or reported.repo_id is not null as has_production,
    least(reported.first_production_at, deployed.first_production_at) as first_production_at,
    blind.unseen_until_at,
    coalesce(going.waves, 0) as waves
from services
left join deployed
    on
        services.repo_id = deployed.repo_id
        and services.service = deployed.service
left join reported
    on services.repo_id = reported.repo_id
left join blind
    on
        services.repo_id = blind.repo_id
        and services.service = blind.service
left join going
    on
        services.repo_id = going.repo_id
        and services.service = going.service
