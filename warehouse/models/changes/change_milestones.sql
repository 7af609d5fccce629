-- change_milestones: when each change reached each milestone, as observed
-- grain: one row per change, and per service that it touches where its repository has several
-- key: change_id, service
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   first_commit_at: UTC
--   ready_at: UTC
--   code_complete_at: UTC, null while it is not
--   reviewed_at: UTC
--   approved_at: UTC
--   merged_at: UTC
--   integrated_at: first success of the default branch's CI at the landing commit or a descendant, UTC
--   staged_at: first successful deployment to another environment than production that contains it, UTC
--   deploy_started_at: creation of the first production deployment that contains it, UTC
--   production_at: when the last of its services and waves had it, or the first, by the setting `arrival`, UTC
--   abandoned_at: closed unmerged, UTC
--   deployment_id: the deployment that completed its arrival in production
--   mapped_by: ancestor, cherry_pick_trailer, patch_id, branch_deploy, event, or empty
--   mapped_through: the commit that the deployment contains
--   undatable: only a deployment without a date contains it
--   untraceable: it was merged into another branch, and no history shows whether it got further
--   rolled_back_at: when a rollback withdrew it from the last wave that had it; null while one has it, UTC
--   service: its name, `*` for the whole change, empty where the repository is one service
--   whole: the row is of the whole change
--   deployable: it touches a service
--   first_production_at: first success of a production deployment of one of its services that contains it, UTC
--   first_deployment_id: that deployment
--   attempt_deployment_id: the first production deployment created with it, successful or not
--   integrated_sha: the first commit with it on which CI succeeded
--   in_part: a deployment of an unknown part may have shipped it before
with served as (
    select
        arrivals.repo_id,
        arrivals.change_key,
        arrivals.service,
        arrivals.mapped_by,
        arrivals.mapped_through,
        arrivals.attempt_deployment_id,
        arrivals.undatable_deployment_id is not null as undatable,
        arrivals.part_deployment_id is not null as in_part,
        staged.succeeded_at as staged_at,
        tried.created_at as deploy_started_at,
        initial.succeeded_at as first_production_at,
        initial.deployment_id as first_deployment_id,
        shipped.succeeded_at as production_at,
        shipped.deployment_id,
        withdrawn.succeeded_at as rolled_back_at
    from arrivals
    left join deployment_times as initial
        on
            arrivals.repo_id = initial.repo_id
            and arrivals.first_deployment_id = initial.deployment_id
    left join deployment_times as shipped
        on
            arrivals.repo_id = shipped.repo_id
            and arrivals.production_deployment_id = shipped.deployment_id
    left join deployment_times as tried
        on
            arrivals.repo_id = tried.repo_id
            and arrivals.attempt_deployment_id = tried.deployment_id
    left join deployment_times as staged
        on
            arrivals.repo_id = staged.repo_id
            and arrivals.staged_deployment_id = staged.deployment_id
    left join deployment_times as withdrawn
        on
            arrivals.repo_id = withdrawn.repo_id
            and arrivals.rollback_deployment_id = withdrawn.deployment_id
),

ranked as (
    select
        served.*,
        services.arrival,
        row_number() over (
            partition by served.repo_id, served.change_key
            order by
                case when served.production_at is null then 1 else 0 end,
                served.production_at desc,
                served.service
        ) as from_last,
        row_number() over (
            partition by served.repo_id, served.change_key
            order by case when served.production_at is null then 1 else 0 end, served.production_at, served.service
        ) as from_first,
        row_number() over (
            partition by served.repo_id, served.change_key
            order by
                case when served.first_production_at is null then 1 else 0 end,
                served.first_production_at,
                served.service
        ) as from_seen,
        row_number() over (
            partition by served.repo_id, served.change_key
            order by
                case when served.deploy_started_at is null then 1 else 0 end, served.deploy_started_at, served.service
        ) as from_tried
    from served
    inner join services
        on
            served.repo_id = services.repo_id
            and served.service = services.service
    where served.service <> ''
),

summed as (
    select
        repo_id,
        change_key,
        min(case when arrival = 'first' then 1 else 0 end) = 1 as takes_first,
        sum(case when production_at is null then 1 else 0 end) as missing,
        max(case when undatable then 1 else 0 end) = 1 as undatable,
        max(case when in_part then 1 else 0 end) = 1 as in_part,
        min(staged_at) as staged_at,
        min(deploy_started_at) as deploy_started_at,
        max(case when from_tried = 1 then attempt_deployment_id end) as attempt_deployment_id,
        min(first_production_at) as first_production_at,
        max(case when from_seen = 1 then first_deployment_id end) as first_deployment_id,
        case
            when sum(case when first_production_at is not null and rolled_back_at is null then 1 else 0 end) = 0
                then max(rolled_back_at)
        end as rolled_back_at
    from ranked
    group by
        repo_id,
        change_key
),

scopes as (
    select
        served.*,
        served.service = '' as whole
    from served
    union all
    select
        summed.repo_id,
        summed.change_key,
        '*' as service,
        coalesce(ranked.mapped_by, '') as mapped_by,
        ranked.mapped_through,
        summed.attempt_deployment_id,
        summed.undatable,
        summed.in_part,
        summed.staged_at,
        summed.deploy_started_at,
        summed.first_production_at,
        summed.first_deployment_id,
        ranked.production_at,
        ranked.deployment_id,
        summed.rolled_back_at,
        true as whole
    from summed
    left join ranked
        on
            summed.repo_id = ranked.repo_id
            and summed.change_key = ranked.change_key
            and (
                (summed.takes_first and ranked.from_first = 1)
                or (not summed.takes_first and summed.missing = 0 and ranked.from_last = 1)
            )
)

select
    changes.change_id,
    changes.repo_id,
    changes.first_commit_at,
    changes.ready_at,
    changes.code_complete_at,
    changes.reviewed_at,
    changes.approved_at,
    changes.merged_at,
    -- A merge queue tests a commit before it lands.
    coalesce(
        case when ci_successes.green_at is not null then greatest(ci_successes.green_at, changes.merged_at) end,
        changes.reported_integrated_at
    ) as integrated_at,
    coalesce(scopes.staged_at, changes.reported_staged_at) as staged_at,
    coalesce(scopes.deploy_started_at, changes.reported_deploy_started_at) as deploy_started_at,
    coalesce(
        scopes.production_at, case when scopes.first_deployment_id is null then changes.reported_production_at end
    ) as production_at,
    changes.abandoned_at,
    scopes.deployment_id,
    case
        when scopes.deployment_id is not null then scopes.mapped_by
        when scopes.first_deployment_id is null and changes.reported_production_at is not null then 'event'
        else ''
    end as mapped_by,
    scopes.mapped_through,
    scopes.first_deployment_id is null
    and changes.reported_production_at is null
    and coalesce(scopes.undatable, false) as undatable,
    changes.untraceable,
    scopes.rolled_back_at,
    coalesce(scopes.service, '*') as service,
    coalesce(scopes.whole, true) as whole,
    scopes.service is not null or changes.reported_production_at is not null as deployable,
    coalesce(scopes.first_production_at, changes.reported_production_at) as first_production_at,
    scopes.first_deployment_id,
    scopes.attempt_deployment_id,
    integrations.integrated_sha,
    coalesce(scopes.in_part, false) as in_part
from changes
left join scopes
    on
        changes.repo_id = scopes.repo_id
        and changes.change_key = scopes.change_key
left join integrations
    on
        changes.repo_id = integrations.repo_id
        and changes.change_key = integrations.change_key
left join ci_successes
    on
        integrations.repo_id = ci_successes.repo_id
        and integrations.integrated_sha = ci_successes.sha
