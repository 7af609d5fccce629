-- lead_times: every code-complete change: its outcome, its milestones and the hours in each stage
-- grain: one row per change that is code complete
-- key: change_id
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   provider: github, gitlab, git, …
--   repo: the repository's name
--   number: pull request number, null without one
--   sha: landing commit, null while it has not landed
--   title: title
--   url: web address, empty where unknown
--   author: log-in, else the name in Git
--   team: team that owns the repository, empty where none is set
--   builds_ai: whether it builds an AI capability
--   built_with_ai: agent, assisted, none (no AI mark) or automation
--   ai_confidence: strong or weak, empty where there is no mark
--   ai_evidence: the rules that matched, and what they matched
--   outcome: production, waiting, abandoned, unknown, no_deployments or nothing_to_deploy (it touches no service)
--   outcome_reason: why it is unknown, else empty
--   current_stage: the stage in which it waits (also where it is open and its repository reports no deployments)
--   last_stage: the last stage that it reached, null unless it waits, is open or was abandoned
--   first_commit_at: earliest author date of its own commits, UTC
--   opened_at: UTC
--   ready_at: left draft for good, UTC
--   first_review_at: first review by a person not the author, whenever it came, UTC
--   code_complete_at: its own code changed for the last time, UTC
--   reviewed_at: first review at or after code complete, UTC
--   approved_at: first approval at or after code complete, UTC
--   merged_at: landed on the default branch, UTC
--   integrated_at: first success of CI on the default branch with it, UTC
--   staged_at: first success of another environment than production with it, UTC
--   deploy_started_at: first production deployment with it was created, UTC
--   production_at: the last of its services and waves had it (or the first, by the setting `arrival`), UTC; null unless
--     that is the outcome
--   abandoned_at: closed unmerged, UTC
--   deployment_id: the deployment that completed its arrival in production
--   mapped_by: ancestor, cherry_pick_trailer, patch_id, branch_deploy, event, or empty
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
--   commits: own commits, null where not known
--   files: paths
--   additions: lines, null where not known
--   deletions: lines, null where not known
--   rolled_back_at: when a rollback withdrew it from the last wave that had it; null while one has it, UTC
--   reverted_at: when the change that reverted it landed, UTC
--   clamped: how many of its milestones were out of order
--   code_complete_source: branch_commits, landing_author_date (approximate) or event
--   as_of: the time as of which this row is reported, UTC
--   gate_hours: inside `deploy`: at gates and in queues of deployments, hours; this and the next null where not known
--   failed_attempts: inside `deploy`: failed tries to deploy it
--   ci_queue_hours: inside `build`: CI waited for runners, hours
--   ci_rerun_hours: inside `build`: after the first failure of CI, hours
--   ai_confidence_how: confidence of `built_with_ai` alone: strong, weak, or empty where there is no mark
--   ai_confidence_what: confidence of `builds_ai` alone; weak and not `builds_ai`: a near miss
--   kind: work, bot (made by automation) or release (it only makes a release); only work takes part in comparisons
--   services: names of the services that it touches, joined by `;`, empty where the repository is one service
--   first_production_at: the first of its services and waves had it, UTC; null unless it arrived or waits for the others
--   rollout_hours: inside `deploy`: from the first of its services and waves to production, hours
--   ai_tier: where `built_with_ai` comes from: override, commit (a tool recorded it), mark, author_day, or empty
--   ai_probability: probability that it builds an AI capability, 0 to 1
with reverts as (
    select
        changes.change_id,
        min(reverting.merged_at) as reverted_at
    from changes
    inner join changes as reverting
        on
            changes.repo_id = reverting.repo_id
            and changes.reverted_by = reverting.change_key
    group by changes.change_id
)

select
    changes.change_id,
    changes.repo_id,
    repository_settings.provider,
    repository_settings.repo,
    changes.number,
    changes.sha,
    changes.title,
    changes.url,
    changes.author,
    repository_settings.team,
    coalesce(classification.builds_ai, false) as builds_ai,
    coalesce(classification.built_with_ai, 'none') as built_with_ai,
    coalesce(classification.confidence, '') as ai_confidence,
    coalesce(classification.evidence, '') as ai_evidence,
    staged.outcome,
    staged.outcome_reason,
    case when staged.outcome <> 'abandoned' then staged.last_stage end as current_stage,
    staged.last_stage,
    changes.first_commit_at,
    changes.opened_at,
    changes.ready_at,
    changes.first_review_at,
    changes.code_complete_at,
    changes.reviewed_at,
    changes.approved_at,
    changes.merged_at,
    change_milestones.integrated_at,
    change_milestones.staged_at,
    case
        when staged.outcome not in ('unknown', 'nothing_to_deploy') then change_milestones.deploy_started_at
    end as deploy_started_at,
    staged.production_at,
    changes.abandoned_at,
    case when staged.outcome = 'production' then change_milestones.deployment_id end as deployment_id,
    case when staged.outcome = 'production' then change_milestones.mapped_by else '' end as mapped_by,
    staged.lead_time_hours,
    staged.dora_lead_time_hours,
    staged.age_hours,
    staged.coding_hours,
    staged.rework_hours,
    staged.pickup_hours,
    staged.review_hours,
    staged.merge_hours,
    staged.build_hours,
    staged.staging_hours,
    staged.release_hours,
    staged.deploy_hours,
    changes.commits,
    changes.files,
    changes.additions,
    changes.deletions,
    case when staged.first_production_at is not null then change_milestones.rolled_back_at end as rolled_back_at,
    reverts.reverted_at,
    staged.clamped,
    changes.code_complete_source,
    report_times.as_of,
    change_friction.gate_hours,
    change_friction.failed_attempts,
    change_friction.ci_queue_hours,
    change_friction.ci_rerun_hours,
    coalesce(classification.confidence_how, '') as ai_confidence_how,
    coalesce(classification.confidence_what, '') as ai_confidence_what,
    coalesce(change_kinds.kind, 'work') as kind,
    coalesce(service_lists.services, '') as services,
    staged.first_production_at,
    staged.rollout_hours,
    coalesce(classification.ai_tier, '') as ai_tier,
    classification.probability_what as ai_probability
from change_outcomes as staged
inner join changes
    on staged.change_id = changes.change_id
inner join change_milestones
    on
        staged.change_id = change_milestones.change_id
        and staged.service = change_milestones.service
inner join report_times
    on changes.repo_id = report_times.repo_id
inner join repository_settings
    on changes.repo_id = repository_settings.repo_id
left join classification
    on changes.change_id = classification.change_id
left join change_kinds
    on changes.change_id = change_kinds.change_id
left join reverts
    on changes.change_id = reverts.change_id
left join change_friction
    on changes.change_id = change_friction.change_id
left join service_lists
    on
        changes.repo_id = service_lists.repo_id
        and changes.change_key = service_lists.change_key
where staged.whole
