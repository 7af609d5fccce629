-- change_milestones: when each change reached each milestone, as observed
-- grain: one row per change
-- key: change_id
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
--   production_at: first success of a production deployment that contains it, UTC
--   abandoned_at: closed unmerged, UTC
--   deployment_id: the deployment that brought it to production
--   mapped_by: ancestor, cherry_pick_trailer, patch_id, branch_deploy, event, or empty
--   mapped_through: the commit that the deployment contains
--   undatable: only a deployment without a date contains it
--   untraceable: it was merged into another branch, and no history shows whether it got further
--   rolled_back_at: when a rollback withdrew it from production, UTC
--   as_of: the time as of which this row is reported, UTC
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
    coalesce(staged.succeeded_at, changes.reported_staged_at) as staged_at,
    coalesce(tried.created_at, changes.reported_deploy_started_at) as deploy_started_at,
    coalesce(shipped.succeeded_at, changes.reported_production_at) as production_at,
    changes.abandoned_at,
    shipped.deployment_id,
    case
        when shipped.deployment_id is not null then arrivals.mapped_by
        when changes.reported_production_at is not null then 'event'
        else ''
    end as mapped_by,
    arrivals.mapped_through,
    shipped.deployment_id is null
    and changes.reported_production_at is null
    and arrivals.undatable_deployment_id is not null as undatable,
    changes.untraceable,
    withdrawn.succeeded_at as rolled_back_at,
    changes.as_of
from changes
left join arrivals
    on
        changes.repo_id = arrivals.repo_id
        and changes.change_key = arrivals.change_key
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
left join ci_successes
    on
        arrivals.repo_id = ci_successes.repo_id
        and arrivals.integrated_sha = ci_successes.sha
