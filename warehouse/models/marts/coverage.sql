-- coverage: how much data of each repository there is, and what is missing
-- grain: one row per repository
-- key: repo_id
-- columns:
--   repo_id: repository
--   provider: github, gitlab, git, …
--   repo: the repository's name
--   role: application, or manifests (it deploys others; its own changes are not counted)
--   team: team that owns it, empty where none is set
--   default_branch: branch on which changes land, empty for an empty repository
--   deployed_from: source of its deployments: tags, manifests, branch, records, workflow, releases or none
--   deployed_from_default: no setting says so: it is the most reliable record available
--   watermark_at: its sources are complete through this time, UTC
--   as_of: the time as of which this row is reported, UTC
--   commits: commits read
--   changes: changes that landed or are reported
--   code_complete: of them, code complete
--   production: of those, in production
--   waiting: waiting
--   abandoned: closed unmerged
--   unknown: its arrival could not have been observed
--   no_deployments: the repository reports no deployments
--   pull_requests: landed changes with a pull request number
--   pull_requests_joined: of them, with their own commits known
--   pull_requests_without_ref: there is no PR head for the number
--   pull_requests_not_believed: too many commits: the base was rewritten
--   direct: landed changes without a pull request
--   pull_refs_not_landed: PR heads that did not land: Git does not record whether they are open or closed, so they have no outcome
--   approximate: code-complete times taken from the landing commit's author date
--   reviewed: changes with a review
--   integrated: changes with CI on the default branch
--   clamped: changes with a milestone out of order
--   deployments: deployments in all environments
--   production_deployments: successful ones to production, with a date
--   rollbacks: of them, rollbacks
--   deployments_without_commit: their commit is not in the clone, or their version names none
--   deployments_without_date: ones that succeeded without a time
--   deployments_dated_by_commit: lightweight tags, whose commit's date is the earliest that they can have
--   refs_rewritten: times a branch or tag was rewritten
--   shallow: the clone's history is cut off
--   deployments_without_history: their commit is known by id alone: they ship only the change that landed by it
--   pull_requests_elsewhere: merged into another branch than the default one, and not landed as far as is known
--   landed_though_closed: changes that landed although a report calls them closed unmerged
--   contradictions: merges whose message names another pull request than the one whose head they merged
--   same_head: landed changes whose last commit is that of other pull requests too
--   squashed: merges of a squash that was made at the merge: what was written, and when, is unknown
--   not_believed: changes whose PR ref is of another history, too long, or made after the landing
--   dates_not_believed: changes with an author date that cannot be one, such as 1970
--   without_own_work: changes that brought nothing but other changes, or what was there before
--   numbers_of_others: steps whose message names a pull request of another repository
--   numbers_without_ref: pull request numbers without a PR ref or a report, where other numbers have one
--   in_doubt: landed changes with any doubt from landed_though_closed to inside_by_words, but without_own_work and numbers_of_others
--   not_code_complete: changes in none of the outcomes, because they are not code complete: drafts, and merges of nothing
--   nothing_to_deploy: code-complete changes that touch no service
--   services: services that the repository deploys apart, 0 where it is one
--   services_inferred: of them, named by no setting
--   shared_changes: changes that belong to a service by shared or unlisted paths alone, or because their files are not known
--   deployments_without_service: their application is that of no service: they ship nothing
--   deployments_excluded: to environments that the settings leave out
--   waves: production environments that a roll-out must reach, the most of any service
--   moved_forward: the default branch was moved forward to their head: where their own commits begin is inferred
--   by_order: pull requests of one merge without PR refs: which of its branches is whose follows the order of its message
--   closer_alone: only the forge, or their message, says that the landing commit closed them: it has their paths at best
--   inside_by_words: only the message of another one's landing says that they landed with it
--   held_by: the source whose end the watermark is
--   newest_at: the latest time that one of its sources is complete through, UTC
--   production_without_status: production deployments of which no status says whether they succeeded
with landed as (
    select
        landings.repo_id,
        count(*) as refs,
        sum(case when landings.landed_by = 'open' and changes.change_id is null then 1 else 0 end) as open_refs
    from landings
    left join changes
        on
            landings.repo_id = changes.repo_id
            and landings.change_key = changes.change_key
    group by landings.repo_id
),

counted as (
    select
        changes.repo_id,
        count(*) as changes,
        sum(case when changes.merged_at is not null and changes.number is not null then 1 else 0 end) as pull_requests,
        sum(
            case
                when
                    changes.merged_at is not null and changes.number is not null
                    and changes.branch_commits in ('joined', 'forge')
                    then 1
                else 0
            end
        ) as joined_requests,
        sum(case when changes.number is not null and changes.branch_commits = 'no_ref' then 1 else 0 end) as without_ref,
        sum(case when changes.merged_at is not null and changes.branch_commits = 'not_believed' then 1 else 0 end)
            as not_believed,
        sum(case when changes.merged_at is not null and changes.number is null then 1 else 0 end) as direct,
        sum(case when changes.first_review_at is not null or changes.reviewed_at is not null then 1 else 0 end)
            as reviewed
    from changes
    group by changes.repo_id
),

judged as (
    select
        repo_id,
        count(*) as code_complete,
        sum(case when outcome = 'production' then 1 else 0 end) as production,
        sum(case when outcome = 'waiting' then 1 else 0 end) as waiting,
        sum(case when outcome = 'abandoned' then 1 else 0 end) as abandoned,
        sum(case when outcome = 'unknown' then 1 else 0 end) as unknown,
        sum(case when outcome = 'no_deployments' then 1 else 0 end) as no_deployments,
        sum(case when outcome = 'nothing_to_deploy' then 1 else 0 end) as nothing_to_deploy,
        sum(case when code_complete_source = 'landing_author_date' then 1 else 0 end) as approximate,
        sum(case when integrated_at is not null then 1 else 0 end) as integrated,
        sum(case when clamped > 0 then 1 else 0 end) as clamped
    from lead_times
    group by repo_id
),

deployed as (
    select
        repo_id,
        count(*) as deployments,
        sum(case when production and succeeded_at is not null then 1 else 0 end) as production_deployments,
        sum(case when production and kind = 'rollback' then 1 else 0 end) as rollbacks,
        sum(case when problem <> '' then 1 else 0 end) as without_commit,
        sum(case when undatable and state <> 'unknown' then 1 else 0 end) as without_date,
        sum(case when production and state = 'unknown' then 1 else 0 end) as without_status,
        sum(case when isolated then 1 else 0 end) as without_history,
        sum(case when service is null then 1 else 0 end) as without_service,
        sum(case when excluded then 1 else 0 end) as excluded,
        sum(case when dated_by = 'commit' then 1 else 0 end) as dated_by_commit
    from deployments
    group by repo_id
),

served as (
    select
        services.repo_id,
        sum(case when services.service <> '' then 1 else 0 end) as services,
        sum(case when services.service <> '' and services.inferred then 1 else 0 end) as inferred,
        max(service_production.waves) as waves
    from services
    inner join service_production
        on
            services.repo_id = service_production.repo_id
            and services.service = service_production.service
    group by services.repo_id
),

shared as (
    select
        repo_id,
        count(distinct change_key) as changes
    from touched_services
    where shared
    group by repo_id
),

doubted as (
    select
        landing_notes.repo_id,
        sum(case when landing_notes.kind = 'landed_though_closed' then 1 else 0 end) as landed_though_closed,
        sum(case when landing_notes.kind = 'contradictions' then 1 else 0 end) as contradictions,
        sum(case when landing_notes.kind = 'same_head' then 1 else 0 end) as same_head,
        sum(case when landing_notes.kind = 'squashed' then 1 else 0 end) as squashed,
        sum(case when landing_notes.kind = 'not_believed' then 1 else 0 end) as not_believed,
        sum(case when landing_notes.kind = 'dates_not_believed' then 1 else 0 end) as dates_not_believed,
        sum(case when landing_notes.kind = 'moved_forward' then 1 else 0 end) as moved_forward,
        sum(case when landing_notes.kind = 'by_order' then 1 else 0 end) as by_order,
        sum(case when landing_notes.kind = 'closer_alone' then 1 else 0 end) as closer_alone,
        sum(case when landing_notes.kind = 'inside_by_words' then 1 else 0 end) as inside_by_words,
        sum(case when landing_notes.kind = 'without_own_work' then 1 else 0 end) as without_own_work,
        sum(case when landing_notes.kind = 'numbers_of_others' then 1 else 0 end) as numbers_of_others,
        sum(case when landing_notes.kind = 'numbers_without_ref' then 1 else 0 end) as numbers_without_ref,
        count(distinct case
            when landing_notes.kind not in ('without_own_work', 'numbers_of_others') then landing_notes.change_key
        end) as in_doubt
    from landing_notes
    inner join changes
        on
            landing_notes.repo_id = changes.repo_id
            and landing_notes.change_key = changes.change_key
    inner join report_times
        on landing_notes.repo_id = report_times.repo_id
    where
        changes.merged_at is not null
        and (landing_notes.noted_at is null or landing_notes.noted_at <= report_times.as_of)
    group by landing_notes.repo_id
),

elsewhere as (
    select
        merged_elsewhere.repo_id,
        count(*) as pull_requests
    from merged_elsewhere
    inner join changes
        on
            merged_elsewhere.repo_id = changes.repo_id
            and merged_elsewhere.number = changes.number
    where changes.merged_at is null
    group by merged_elsewhere.repo_id
),

read as (
    select
        repo_id,
        count(*) as commits
    from commits
    group by repo_id
),

moves as (
    select distinct
        repo_id,
        ref,
        sha,
        collected_at
    from raw_refs
    where rewritten
),

rewritten as (
    select
        repo_id,
        count(*) as refs_rewritten
    from moves
    group by repo_id
)

select
    repository_settings.repo_id,
    repository_settings.provider,
    repository_settings.repo,
    repository_settings.role,
    repository_settings.team,
    repository_settings.default_branch,
    repository_settings.deployed_from,
    repository_settings.deployed_from_default,
    report_times.watermark_at,
    report_times.as_of,
    coalesce(read.commits, 0) as commits,
    coalesce(counted.changes, 0) as changes,
    cast(coalesce(judged.code_complete, 0) as bigint) as code_complete,
    cast(coalesce(judged.production, 0) as bigint) as production,
    cast(coalesce(judged.waiting, 0) as bigint) as waiting,
    cast(coalesce(judged.abandoned, 0) as bigint) as abandoned,
    cast(coalesce(judged.unknown, 0) as bigint) as unknown,
    cast(coalesce(judged.no_deployments, 0) as bigint) as no_deployments,
    cast(coalesce(counted.pull_requests, 0) as bigint) as pull_requests,
    cast(coalesce(counted.joined_requests, 0) as bigint) as pull_requests_joined,
    cast(coalesce(counted.without_ref, 0) as bigint) as pull_requests_without_ref,
    cast(coalesce(counted.not_believed, 0) as bigint) as pull_requests_not_believed,
    cast(coalesce(counted.direct, 0) as bigint) as direct,
    cast(coalesce(landed.open_refs, 0) as bigint) as pull_refs_not_landed,
    cast(coalesce(judged.approximate, 0) as bigint) as approximate,
    cast(coalesce(counted.reviewed, 0) as bigint) as reviewed,
    cast(coalesce(judged.integrated, 0) as bigint) as integrated,
    cast(coalesce(judged.clamped, 0) as bigint) as clamped,
    coalesce(deployed.deployments, 0) as deployments,
    cast(coalesce(deployed.production_deployments, 0) as bigint) as production_deployments,
    cast(coalesce(deployed.rollbacks, 0) as bigint) as rollbacks,
    cast(coalesce(deployed.without_commit, 0) as bigint) as deployments_without_commit,
    cast(coalesce(deployed.without_date, 0) as bigint) as deployments_without_date,
    cast(coalesce(deployed.dated_by_commit, 0) as bigint) as deployments_dated_by_commit,
    cast(coalesce(rewritten.refs_rewritten, 0) as bigint) as refs_rewritten,
    repository_settings.shallow,
    cast(coalesce(deployed.without_history, 0) as bigint) as deployments_without_history,
    coalesce(elsewhere.pull_requests, 0) as pull_requests_elsewhere,
    cast(coalesce(doubted.landed_though_closed, 0) as bigint) as landed_though_closed,
    cast(coalesce(doubted.contradictions, 0) as bigint) as contradictions,
    cast(coalesce(doubted.same_head, 0) as bigint) as same_head,
    cast(coalesce(doubted.squashed, 0) as bigint) as squashed,
    cast(coalesce(doubted.not_believed, 0) as bigint) as not_believed,
    cast(coalesce(doubted.dates_not_believed, 0) as bigint) as dates_not_believed,
    cast(coalesce(doubted.without_own_work, 0) as bigint) as without_own_work,
    cast(coalesce(doubted.numbers_of_others, 0) as bigint) as numbers_of_others,
    cast(coalesce(doubted.numbers_without_ref, 0) as bigint) as numbers_without_ref,
    coalesce(doubted.in_doubt, 0) as in_doubt,
    cast(coalesce(counted.changes, 0) - coalesce(judged.code_complete, 0) as bigint) as not_code_complete,
    cast(coalesce(judged.nothing_to_deploy, 0) as bigint) as nothing_to_deploy,
    cast(coalesce(served.services, 0) as bigint) as services,
    cast(coalesce(served.inferred, 0) as bigint) as services_inferred,
    coalesce(shared.changes, 0) as shared_changes,
    cast(coalesce(deployed.without_service, 0) as bigint) as deployments_without_service,
    cast(coalesce(deployed.excluded, 0) as bigint) as deployments_excluded,
    coalesce(served.waves, 0) as waves,
    cast(coalesce(doubted.moved_forward, 0) as bigint) as moved_forward,
    cast(coalesce(doubted.by_order, 0) as bigint) as by_order,
    cast(coalesce(doubted.closer_alone, 0) as bigint) as closer_alone,
    cast(coalesce(doubted.inside_by_words, 0) as bigint) as inside_by_words,
    report_times.held_by,
    report_times.newest_at,
    cast(coalesce(deployed.without_status, 0) as bigint) as production_without_status
from repository_settings
left join report_times
    on repository_settings.repo_id = report_times.repo_id
left join landed
    on repository_settings.repo_id = landed.repo_id
left join counted
    on repository_settings.repo_id = counted.repo_id
left join judged
    on repository_settings.repo_id = judged.repo_id
left join deployed
    on repository_settings.repo_id = deployed.repo_id
left join read
    on repository_settings.repo_id = read.repo_id
left join rewritten
    on repository_settings.repo_id = rewritten.repo_id
left join elsewhere
    on repository_settings.repo_id = elsewhere.repo_id
left join doubted
    on repository_settings.repo_id = doubted.repo_id
left join served
    on repository_settings.repo_id = served.repo_id
left join shared
    on repository_settings.repo_id = shared.repo_id
