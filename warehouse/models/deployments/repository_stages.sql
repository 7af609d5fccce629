-- repository_stages: which milestones the sources of a repository report, and since when it deploys
-- grain: one row per repository with changes
-- key: repo_id
-- columns:
--   repo_id: repository
--   has_ready: it is known when changes were ready for review: stage `rework`
--   has_review: it has reviews: stage `pickup`
--   has_approval: it has approvals: stage `review`
--   has_integration: CI on the default branch is known: stage `build`
--   has_staging: there are deployments to other environments than production: stage `staging`
--   has_production: there are production deployments: stage `release`
--   has_rollout: production deployments have a start and an end, or several waves or services: stage `deploy`
--   first_production_at: the first recorded production deployment, UTC
--   without_status: production deployments of which no status says whether they succeeded, where all are so; else 0
--   unseen_until_at: set if the last production deployment has no known commit: what landed before may have arrived, UTC
with reached as (
    select
        repo_id,
        max(case when ready_at is not null then 1 else 0 end) as ready,
        max(case when reviewed_at is not null then 1 else 0 end) as review,
        max(case when approved_at is not null then 1 else 0 end) as approval,
        max(case when integrated_at is not null then 1 else 0 end) as integration,
        max(case when staged_at is not null then 1 else 0 end) as staging,
        max(case when production_at is not null and mapped_by = 'event' then 1 else 0 end) as production,
        max(
            case when production_at > deploy_started_at and mapped_by = 'event' then 1 else 0 end
        ) as rollout,
        max(
            case when first_production_at < production_at or (first_production_at is not null and production_at is null) then 1 else 0 end
        ) as waves
    from change_milestones
    where whole
    group by repo_id
),

deployed as (
    select
        repo_id,
        max(case when production and state <> 'unknown' then 1 else 0 end) as production,
        count(distinct case when production and state = 'unknown' then deployment_id end) as without_status,
        max(case when production and succeeded_at > created_at then 1 else 0 end) as rollout
    from service_deployments
    group by repo_id
),

served as (
    select
        repo_id,
        min(first_production_at) as first_production_at,
        max(unseen_until_at) as unseen_until_at
    from service_production
    group by repo_id
)

select
    reached.repo_id,
    reached.ready = 1 as has_ready,
    reached.review = 1 as has_review,
    reached.approval = 1 as has_approval,
    reached.integration = 1 as has_integration,
    reached.staging = 1 as has_staging,
    reached.production = 1 or coalesce(deployed.production, 0) = 1 as has_production,
    reached.rollout = 1 or coalesce(deployed.rollout, 0) = 1 or reached.waves = 1 as has_rollout,
    served.first_production_at,
    case
        when reached.production = 1 or coalesce(deployed.production, 0) = 1 then cast(0 as bigint)
        else coalesce(deployed.without_status, 0)
    end as without_status,
    served.unseen_until_at
from reached
left join deployed
    on reached.repo_id = deployed.repo_id
left join served
    on reached.repo_id = served.repo_id
