-- change_outcomes: the outcome of each code-complete change, and its milestones in order
-- grain: one row per change that is code complete, and per service that it touches where its repository has several
-- key: change_id, service
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   outcome: production, waiting, abandoned, unknown, no_deployments or nothing_to_deploy (it touches no service)
--   outcome_reason: why it is unknown: before_first_deployment, undatable_deployment, deployment_without_commit (it may
--     have arrived with one, with one without history, or with one of an unknown part), in_doubt (the service is in
--     `service_doubts`) or merged_elsewhere (and perhaps further); or why there are no_deployments: deployments_without_status; else empty
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
--   service: its name, `*` for the whole change, empty where the repository is one service
--   whole: the row is of the whole change
--   first_production_at: the first of its services and waves had it, UTC; null unless it arrived or waits for the others
--   last_stage: the last stage that it reached, null unless it waits, is open or was abandoned
--   lead_time_hours: code complete to production, hours
--   dora_lead_time_hours: first commit to production, hours
--   age_hours: code complete to as of, hours, for what waits
--   coding_hours: first commit to ready, hours
--   rework_hours: ready (first commit, where no source reports it) to code complete, hours
--   pickup_hours: code complete to reviewed, hours; this and the next are hours so far for `last_stage`
--   review_hours: to approved, hours
--   merge_hours: to merged, hours
--   build_hours: to integrated, hours
--   staging_hours: to staged, hours
--   release_hours: to deploy started, hours
--   deploy_hours: to production, hours
--   rollout_hours: inside `deploy`: from the first of its services and waves to production, hours
with judged as (
    select
        change_milestones.*,
        report_times.as_of,
        repository_stages.has_ready,
        repository_stages.has_review,
        repository_stages.has_approval,
        case when repository_stages.has_integration then stage_lives.build_since_at end as build_since_at,
        stage_lives.build_until_at,
        case when repository_stages.has_staging then stage_lives.staging_since_at end as staging_since_at,
        stage_lives.staging_until_at,
        coalesce(change_milestones.merged_at, change_milestones.code_complete_at) as landed_at,
        repository_stages.has_rollout,
        service_production.has_production,
        case
            when
                change_milestones.untraceable
                and change_milestones.production_at is null
                and change_milestones.abandoned_at is null
                then 'merged_elsewhere'
            when repository_stages.without_status > 0 then 'deployments_without_status'
            when not service_production.has_production and repository_stages.has_production
                then 'before_first_deployment'
            when not service_production.has_production then ''
            when
                change_milestones.code_complete_at < service_production.first_production_at
                then 'before_first_deployment'
            when
                change_milestones.abandoned_at is not null
                and change_milestones.production_at is null
                and (
                    service_doubts.service is null
                    or change_milestones.code_complete_at <= service_doubts.since_at
                )
                then ''
            when change_milestones.production_at is null and change_milestones.undatable then 'undatable_deployment'
            when
                change_milestones.merged_at < case
                    when change_milestones.production_at is null then service_production.unseen_until_at
                    else production_gaps.unseen_until_at
                end
                or change_milestones.in_part
                then 'deployment_without_commit'
            -- All that was complete since then, however it ended: those whose end is seen are not like the others.
            when
                service_doubts.since_at is null
                or change_milestones.code_complete_at > service_doubts.since_at
                or change_milestones.merged_at > service_doubts.since_at
                or (change_milestones.merged_at is not null and change_milestones.production_at is null)
                then case when service_doubts.service is not null then 'in_doubt' else '' end
            else ''
        end as own_reason
    from change_milestones
    inner join report_times
        on change_milestones.repo_id = report_times.repo_id
    inner join repository_stages
        on change_milestones.repo_id = repository_stages.repo_id
    left join service_production
        on
            change_milestones.repo_id = service_production.repo_id
            and change_milestones.service = service_production.service
    left join stage_lives
        on
            change_milestones.repo_id = stage_lives.repo_id
            and change_milestones.service = stage_lives.service
    left join production_gaps
        on
            change_milestones.repo_id = production_gaps.repo_id
            and change_milestones.service = production_gaps.service
            and change_milestones.deployment_id = production_gaps.deployment_id
    left join service_doubts
        on
            change_milestones.repo_id = service_doubts.repo_id
            and change_milestones.service = service_doubts.service
    where change_milestones.code_complete_at is not null
),

-- A change of several services is unknown where one of them is, unless the first to have it counts and is known.
summed as (
    select
        judged.change_id,
        max(judged.own_reason) as reason,
        max(case when judged.has_production then 1 else 0 end) as production,
        min(case when services.arrival = 'first' then 1 else 0 end) as takes_first,
        min(case when judged.own_reason = '' then judged.production_at end) as known_production_at
    from judged
    inner join services
        on
            judged.repo_id = services.repo_id
            and judged.service = services.service
    where not judged.whole
    group by judged.change_id
),

decided as (
    select
        judged.*,
        coalesce(judged.has_production, summed.production = 1, false) as has_deployments,
        case
            when not judged.whole or summed.change_id is null then judged.own_reason
            when summed.takes_first = 1 and summed.known_production_at = judged.production_at then ''
            else summed.reason
        end as outcome_reason
    from judged
    left join summed
        on judged.change_id = summed.change_id
),

outcomes as (
    select
        decided.*,
        case
            when not decided.deployable then 'nothing_to_deploy'
            when decided.outcome_reason not in ('', 'deployments_without_status') then 'unknown'
            when decided.production_at is not null then 'production'
            when decided.abandoned_at is not null then 'abandoned'
            when not decided.has_deployments then 'no_deployments'
            else 'waiting'
        end as outcome
    from decided
),

ended as (
    select
        outcomes.*,
        outcomes.outcome not in ('production', 'abandoned') as goes_on,
        case when outcomes.outcome in ('production', 'waiting') then outcomes.first_production_at end as first_at,
        case
            when outcomes.outcome = 'production' then outcomes.production_at
            when outcomes.outcome = 'abandoned' then outcomes.abandoned_at
            when outcomes.outcome = 'waiting' then outcomes.as_of
            when outcomes.outcome = 'no_deployments' and outcomes.merged_at is null then outcomes.as_of
        end as ended_at
    from outcomes
),

-- A stage is there for work that passed it, that came to it while it was used, or that waits while it is.
passing as (
    select
        ended.*,
        coalesce(ended.integrated_at between ended.build_since_at and coalesce(ended.ended_at, ended.as_of), false)
        or coalesce(ended.landed_at >= ended.build_since_at, false)
        and (ended.build_until_at is null or ended.landed_at <= ended.build_until_at)
        or (ended.goes_on and ended.build_since_at is not null and ended.build_until_at is null) as has_integration,
        coalesce(ended.staged_at between ended.staging_since_at and coalesce(ended.ended_at, ended.as_of), false)
        or coalesce(ended.landed_at >= ended.staging_since_at, false)
        and (ended.staging_until_at is null or ended.landed_at <= ended.staging_until_at)
        or (ended.goes_on and ended.staging_since_at is not null and ended.staging_until_at is null) as has_staging
    from ended
),

reached as (
    select
        passing.*,
        case
            when passing.has_review and passing.reviewed_at <= coalesce(passing.ended_at, passing.as_of) then passing.reviewed_at
        end as m_reviewed,
        case
            when passing.has_approval and passing.approved_at <= coalesce(passing.ended_at, passing.as_of) then passing.approved_at
        end as m_approved,
        case when passing.merged_at <= coalesce(passing.ended_at, passing.as_of) then passing.merged_at end as m_merged,
        case
            when
                passing.has_integration and passing.integrated_at <= coalesce(passing.ended_at, passing.as_of)
                then passing.integrated_at
        end as m_integrated,
        case
            when passing.has_staging and passing.staged_at <= coalesce(passing.ended_at, passing.as_of) then passing.staged_at
        end as m_staged,
        case
            when
                passing.has_rollout and passing.outcome in ('production', 'waiting')
                and coalesce(passing.deploy_started_at, passing.first_at) <= coalesce(passing.ended_at, passing.as_of)
                then coalesce(passing.deploy_started_at, passing.first_at)
        end as m_started,
        case when passing.outcome = 'production' then passing.production_at end as m_production
    from passing
),

ordered as (
    select
        reached.*,
        least(reached.m_started, reached.first_at, reached.m_production) as started_on,
        least(reached.m_staged, reached.m_started, reached.first_at, reached.m_production) as staged_on,
        least(
            reached.m_integrated, reached.m_staged, reached.m_started, reached.first_at, reached.m_production
        ) as integrated_on,
        least(
            reached.m_merged, reached.m_integrated, reached.m_staged, reached.m_started, reached.first_at,
            reached.m_production
        ) as merged_on,
        least(
            reached.m_approved, reached.m_merged, reached.m_integrated, reached.m_staged, reached.m_started,
            reached.first_at, reached.m_production
        ) as approved_on,
        least(
            reached.m_reviewed, reached.m_approved, reached.m_merged, reached.m_integrated, reached.m_staged,
            reached.m_started, reached.first_at, reached.m_production
        ) as reviewed_on,
        least(
            reached.code_complete_at, reached.m_reviewed, reached.m_approved, reached.m_merged, reached.m_integrated,
            reached.m_staged, reached.m_started, reached.first_at, reached.m_production, reached.ended_at
        ) as complete_on
    from reached
),

placed as (
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
                    ordered.mapped_by not in ('branch_deploy', 'cherry_pick_trailer', 'patch_id')
                    and (ordered.m_merged > ordered.merged_on or ordered.merged_at > ordered.ended_at)
                    then 1
                else 0
            end
            + case when ordered.m_integrated > ordered.integrated_on then 1 else 0 end
            + case when ordered.m_staged > ordered.staged_on then 1 else 0 end
            + case when ordered.m_started > ordered.started_on then 1 else 0 end
            as bigint
        ) as clamped,
        ordered.service,
        ordered.whole,
        ordered.first_at as first_production_at,
        ordered.has_review,
        ordered.has_approval,
        ordered.has_integration,
        ordered.has_staging,
        ordered.has_rollout,
        ordered.first_commit_at
    from ordered
),

staged as (
    select
        placed.*,
        case
            when placed.ended_at is null or placed.outcome = 'production' then null
            when placed.has_review and placed.reviewed_on is null then 'pickup'
            when placed.has_approval and placed.approved_on is null then 'review'
            when placed.merged_on is null then 'merge'
            when placed.has_integration and placed.integrated_on is null then 'build'
            when placed.has_staging and placed.staged_on is null then 'staging'
            when placed.deploy_started_on is null then 'release'
            else 'deploy'
        end as last_stage,
        greatest(
            placed.code_complete_on, placed.reviewed_on, placed.approved_on, placed.merged_on, placed.integrated_on,
            placed.staged_on, placed.deploy_started_on
        ) as entered_on
    from placed
)

select
    staged.change_id,
    staged.repo_id,
    staged.outcome,
    staged.outcome_reason,
    staged.production_at,
    staged.ended_at,
    staged.first_commit_on,
    staged.ready_on,
    staged.code_complete_on,
    staged.reviewed_on,
    staged.approved_on,
    staged.merged_on,
    staged.integrated_on,
    staged.staged_on,
    staged.deploy_started_on,
    staged.production_on,
    staged.clamped,
    staged.service,
    staged.whole,
    staged.first_production_at,
    staged.last_stage,
    (unix_micros(staged.production_on) - unix_micros(staged.code_complete_on)) / 3600000000e0 as lead_time_hours,
    case
        when staged.first_commit_at is not null
            then (unix_micros(staged.production_on) - unix_micros(staged.first_commit_on)) / 3600000000e0
    end as dora_lead_time_hours,
    case
        when staged.outcome = 'waiting' then (unix_micros(staged.ended_at) - unix_micros(staged.code_complete_on)) / 3600000000e0
    end as age_hours,
    case
        when staged.first_commit_at is not null
            then (unix_micros(staged.ready_on) - unix_micros(staged.first_commit_on)) / 3600000000e0
    end as coding_hours,
    case
        when staged.ready_on is not null
            then (unix_micros(staged.code_complete_on) - unix_micros(staged.ready_on)) / 3600000000e0
        when staged.first_commit_at is not null
            then (unix_micros(staged.code_complete_on) - unix_micros(staged.first_commit_on)) / 3600000000e0
    end as rework_hours,
    case
        when staged.last_stage = 'pickup' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.reviewed_on) - unix_micros(staged.code_complete_on)) / 3600000000e0
    end as pickup_hours,
    case
        when staged.last_stage = 'review' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.approved_on) - unix_micros(coalesce(staged.reviewed_on, staged.code_complete_on))) / 3600000000e0
    end as review_hours,
    case
        when staged.last_stage = 'merge' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.merged_on) - unix_micros(coalesce(staged.approved_on, staged.reviewed_on, staged.code_complete_on))) / 3600000000e0
    end as merge_hours,
    case
        when staged.last_stage = 'build' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.integrated_on) - unix_micros(staged.merged_on)) / 3600000000e0
    end as build_hours,
    case
        when staged.last_stage = 'staging' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.staged_on) - unix_micros(coalesce(staged.integrated_on, staged.merged_on))) / 3600000000e0
    end as staging_hours,
    case
        when staged.last_stage = 'release' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        else (unix_micros(staged.deploy_started_on) - unix_micros(coalesce(staged.staged_on, staged.integrated_on, staged.merged_on))) / 3600000000e0
    end as release_hours,
    case
        when staged.last_stage = 'deploy' then (unix_micros(staged.ended_at) - unix_micros(staged.entered_on)) / 3600000000e0
        when staged.has_rollout
            then (unix_micros(staged.production_on) - unix_micros(staged.deploy_started_on)) / 3600000000e0
    end as deploy_hours,
    case
        when staged.has_rollout
            then (unix_micros(staged.production_at) - unix_micros(staged.first_production_at)) / 3600000000e0
    end as rollout_hours
from staged
