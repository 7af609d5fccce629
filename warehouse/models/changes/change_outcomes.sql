-- change_outcomes: the outcome of each code-complete change, and its milestones in order
-- grain: one row per change that is code complete
-- key: change_id
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   outcome: production, waiting, abandoned, unknown or no_deployments
--   outcome_reason: why it is unknown: before_first_deployment, undatable_deployment, deployment_without_commit (it may
--     have arrived with one, or with one without history) or merged_elsewhere (and perhaps further); or why there are
--     no_deployments: deployments_without_status; else empty
--   production_at: arrival in production, UTC, null unless that is the outcome
--   ended_at: end of observation, UTC: arrival, abandonment, or as of for a change that waits or is open; else null
--   first_commit_on: milestone, never later than one that follows it, UTC
--   ready_on: UTC, likewise
--   code_complete_on: UTC, likewise
--   reviewed_on: UTC, likewise; null where the repository has no such stage or it was not reached
--   approved_on: UTC, likewise
--   merged_on: UTC, likewise
--   integrated_on: UTC, likewise
--   staged_on: UTC, likewise
--   deploy_started_on: UTC, likewise
--   production_on: UTC, likewise
--   clamped: how many of its milestones were out of order
with judged as (
    select
        change_milestones.*,
        repository_stages.has_ready,
        repository_stages.has_review,
        repository_stages.has_approval,
        repository_stages.has_integration,
        repository_stages.has_staging,
        repository_stages.has_production,
        repository_stages.has_rollout,
        case
            when change_milestones.abandoned_at is not null and change_milestones.production_at is null then ''
            when change_milestones.untraceable and change_milestones.production_at is null then 'merged_elsewhere'
            when repository_stages.without_status > 0 then 'deployments_without_status'
            when not repository_stages.has_production then ''
            when
                change_milestones.merged_at < repository_stages.first_production_at
                then 'before_first_deployment'
            when change_milestones.production_at is null and change_milestones.undatable then 'undatable_deployment'
            when
                change_milestones.merged_at < case
                    when change_milestones.production_at is null then repository_stages.unseen_until_at
                    else production_gaps.unseen_until_at
                end
                then 'deployment_without_commit'
            else ''
        end as outcome_reason
    from change_milestones
    inner join repository_stages
        on change_milestones.repo_id = repository_stages.repo_id
    left join production_gaps
        on
            change_milestones.repo_id = production_gaps.repo_id
            and change_milestones.deployment_id = production_gaps.deployment_id
    where change_milestones.code_complete_at is not null
),

decided as (
    select
        judged.*,
        case
            when judged.outcome_reason not in ('', 'deployments_without_status') then 'unknown'
            when judged.production_at is not null then 'production'
            when judged.abandoned_at is not null then 'abandoned'
            when not judged.has_production then 'no_deployments'
            else 'waiting'
        end as outcome
    from judged
),

ended as (
    select
        decided.*,
        case
            when decided.outcome = 'production' then decided.production_at
            when decided.outcome = 'abandoned' then decided.abandoned_at
            when decided.outcome = 'waiting' then decided.as_of
            when decided.outcome = 'no_deployments' and decided.merged_at is null then decided.as_of
        end as ended_at
    from decided
),

reached as (
    select
        ended.*,
        case
            when ended.has_review and ended.reviewed_at <= coalesce(ended.ended_at, ended.as_of) then ended.reviewed_at
        end as m_reviewed,
        case
            when ended.has_approval and ended.approved_at <= coalesce(ended.ended_at, ended.as_of) then ended.approved_at
        end as m_approved,
        case when ended.merged_at <= coalesce(ended.ended_at, ended.as_of) then ended.merged_at end as m_merged,
        case
            when
                ended.has_integration and ended.integrated_at <= coalesce(ended.ended_at, ended.as_of)
                then ended.integrated_at
        end as m_integrated,
        case
            when ended.has_staging and ended.staged_at <= coalesce(ended.ended_at, ended.as_of) then ended.staged_at
        end as m_staged,
        case
            when
                ended.has_rollout and ended.outcome in ('production', 'waiting')
                and ended.deploy_started_at <= coalesce(ended.ended_at, ended.as_of)
                then ended.deploy_started_at
        end as m_started,
        case when ended.outcome = 'production' then ended.production_at end as m_production
    from ended
),

ordered as (
    select
        reached.*,
        least(reached.m_started, reached.m_production) as started_on,
        least(reached.m_staged, reached.m_started, reached.m_production) as staged_on,
        least(reached.m_integrated, reached.m_staged, reached.m_started, reached.m_production) as integrated_on,
        least(
            reached.m_merged, reached.m_integrated, reached.m_staged, reached.m_started, reached.m_production
        ) as merged_on,
        least(
            reached.m_approved, reached.m_merged, reached.m_integrated, reached.m_staged, reached.m_started,
            reached.m_production
        ) as approved_on,
        least(
            reached.m_reviewed, reached.m_approved, reached.m_merged, reached.m_integrated, reached.m_staged,
            reached.m_started, reached.m_production
        ) as reviewed_on,
        least(
            reached.code_complete_at, reached.m_reviewed, reached.m_approved, reached.m_merged, reached.m_integrated,
            reached.m_staged, reached.m_started, reached.m_production, reached.ended_at
        ) as complete_on
    from reached
)

select
    ordered.change_id,
    ordered.repo_id,
    ordered.outcome,
    ordered.outcome_reason,
    ordered.m_production as production_at,
    ordered.ended_at,
    least(ordered.first_commit_at, ordered.ready_at, ordered.complete_on) as first_commit_on,
    case when ordered.has_ready then least(ordered.ready_at, ordered.complete_on) end as ready_on,
    ordered.complete_on as code_complete_on,
    case when ordered.has_review then ordered.reviewed_on end as reviewed_on,
    case when ordered.has_approval then ordered.approved_on end as approved_on,
    ordered.merged_on,
    case when ordered.has_integration then ordered.integrated_on end as integrated_on,
    case when ordered.has_staging then ordered.staged_on end as staged_on,
    case when ordered.has_rollout then ordered.started_on else ordered.m_production end as deploy_started_on,
    ordered.m_production as production_on,
    cast(
        case when ordered.first_commit_at > least(ordered.ready_at, ordered.complete_on) then 1 else 0 end
        + case when ordered.ready_at > ordered.complete_on then 1 else 0 end
        + case when ordered.code_complete_at > ordered.complete_on then 1 else 0 end
        + case when ordered.m_reviewed > ordered.reviewed_on then 1 else 0 end
        + case when ordered.m_approved > ordered.approved_on then 1 else 0 end
        + case
            when
                ordered.mapped_by <> 'branch_deploy'
                and (ordered.m_merged > ordered.merged_on or ordered.merged_at > ordered.ended_at)
                then 1
            else 0
        end
        + case when ordered.m_integrated > ordered.integrated_on then 1 else 0 end
        + case when ordered.m_staged > ordered.staged_on then 1 else 0 end
        + case when ordered.m_started > ordered.started_on then 1 else 0 end
        as bigint
    ) as clamped
from ordered
