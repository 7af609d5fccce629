-- service_lead_times: as lead_times, for each service of repositories with several
-- grain: one row per change that is code complete and service that it touches
-- key: change_id, service
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
--   gate_hours: null: known for the whole change alone, as the next
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
--   service: the service, in whose production its arrival is
select
    lead_times.change_id,
    lead_times.repo_id,
    lead_times.provider,
    lead_times.repo,
    lead_times.number,
    lead_times.sha,
    lead_times.title,
    lead_times.url,
    lead_times.author,
    lead_times.team,
    lead_times.builds_ai,
    lead_times.built_with_ai,
    lead_times.ai_confidence,
    lead_times.ai_evidence,
    change_outcomes.outcome,
    change_outcomes.outcome_reason,
    case when change_outcomes.outcome <> 'abandoned' then change_outcomes.last_stage end as current_stage,
    change_outcomes.last_stage,
    lead_times.first_commit_at,
    lead_times.opened_at,
    lead_times.ready_at,
    lead_times.first_review_at,
    lead_times.code_complete_at,
    lead_times.reviewed_at,
    lead_times.approved_at,
    lead_times.merged_at,
    change_milestones.integrated_at,
    change_milestones.staged_at,
    case when change_outcomes.outcome <> 'unknown' then change_milestones.deploy_started_at end as deploy_started_at,
    change_outcomes.production_at,
    lead_times.abandoned_at,
    case when change_outcomes.outcome = 'production' then change_milestones.deployment_id end as deployment_id,
    case when change_outcomes.outcome = 'production' then change_milestones.mapped_by else '' end as mapped_by,
    change_outcomes.lead_time_hours,
    change_outcomes.dora_lead_time_hours,
    change_outcomes.age_hours,
    change_outcomes.coding_hours,
    change_outcomes.rework_hours,
    change_outcomes.pickup_hours,
    change_outcomes.review_hours,
    change_outcomes.merge_hours,
    change_outcomes.build_hours,
    change_outcomes.staging_hours,
    change_outcomes.release_hours,
    change_outcomes.deploy_hours,
    lead_times.commits,
    lead_times.files,
    lead_times.additions,
    lead_times.deletions,
    case
        when change_outcomes.first_production_at is not null then change_milestones.rolled_back_at
    end as rolled_back_at,
    lead_times.reverted_at,
    change_outcomes.clamped,
    lead_times.code_complete_source,
    lead_times.as_of,
    cast(null as double) as gate_hours,
    cast(null as bigint) as failed_attempts,
    lead_times.ci_queue_hours,
    lead_times.ci_rerun_hours,
    lead_times.ai_confidence_how,
    lead_times.ai_confidence_what,
    lead_times.kind,
    lead_times.services,
    change_outcomes.first_production_at,
    change_outcomes.rollout_hours,
    lead_times.ai_tier,
    lead_times.ai_probability,
    change_outcomes.service
from change_outcomes
inner join lead_times
    on change_outcomes.change_id = lead_times.change_id
inner join change_milestones
    on
        change_outcomes.change_id = change_milestones.change_id
        and change_outcomes.service = change_milestones.service
where not change_outcomes.whole
