-- service_landings: the changes that landed, for each service that they touch, and when the first production deployment of it had them
-- grain: one row per repository, service and change that landed; without those that an inferred service only shares
-- key: repo_id, service, change_key
-- columns:
--   repo_id: repository
--   service: its name, empty where the repository is one service
--   change_key: `#<number>` or `@<sha>`
--   landed_at: on the default branch, UTC
--   shipped_at: first success of a production deployment of the service that contains it, or as reported, UTC; else null
--   kind: work, bot (made by automation) or release (it only makes a release)
--   undatable: only a deployment without a date contains it
select
    changes.repo_id,
    change_services.service,
    changes.change_key,
    changes.merged_at as landed_at,
    coalesce(deployment_times.succeeded_at, changes.reported_production_at) as shipped_at,
    coalesce(change_kinds.kind, 'work') as kind,
    deployment_times.succeeded_at is null
    and changes.reported_production_at is null
    and arrivals.undatable_deployment_id is not null as undatable
from changes
inner join change_services
    on
        changes.repo_id = change_services.repo_id
        and changes.change_key = change_services.change_key
inner join services
    on
        change_services.repo_id = services.repo_id
        and change_services.service = services.service
left join arrivals
    on
        change_services.repo_id = arrivals.repo_id
        and change_services.change_key = arrivals.change_key
        and change_services.service = arrivals.service
left join deployment_times
    on
        arrivals.repo_id = deployment_times.repo_id
        and arrivals.first_deployment_id = deployment_times.deployment_id
left join change_kinds
    on changes.change_id = change_kinds.change_id
where
    changes.merged_at is not null
    -- What touches it by paths alone that no service lists is no reason to release a part that has paths of its own.
    and not (change_services.shared and services.unlisted and services.paths not in ('', '**'))
