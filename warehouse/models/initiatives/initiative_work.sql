-- initiative_work: changes of initiatives and their milestones
-- grain: one row per initiative and change; a change of two initiatives has two rows
-- key: initiative_id, change_id
-- columns:
--   initiative_id: id of the initiative
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   repo: the repository's name
--   because: why it belongs to the initiative
--   sandboxed: it touches nothing but sandbox paths
--   builds_ai: whether it builds an AI capability
--   author: log-in, else the name in Git
--   nameless: it has an author, and no names are stored
--   person: false where a bot or an agent opened it
--   began_at: its first known milestone: first commit, else opened, code complete or landed, UTC
--   code_complete_at: UTC
--   merged_at: landed on the default branch, UTC
--   arrived_at: first production deployment that is known to contain it, UTC
--   observed: whether that was its arrival; false where it landed before the first recorded production deployment
--   abandoned_at: closed unmerged, UTC
--   outcome: as in lead_times, null while it is not code complete
--   deployments: whether any production deployment of its repository is known
--   imports: whether its imports are read: it has code in a supported language, and its repository has imports
--   as_of: the time as of which this row is reported, UTC
with deployed as (
    select
        deployments.repo_id,
        count(*) as deployments
    from deployments
    where
        deployments.production
        and deployments.succeeded_at is not null
    group by deployments.repo_id
),

readings as (
    select
        imports.repo_id,
        count(*) as statements
    from imports
    inner join commits
        on
            imports.repo_id = commits.repo_id
            and imports.sha = commits.sha
    inner join report_times
        on imports.repo_id = report_times.repo_id
    where commits.committed_at <= report_times.as_of
    group by imports.repo_id
)

select
    initiative_changes.initiative_id,
    initiative_changes.change_id,
    initiative_changes.repo_id,
    repository_settings.repo,
    initiative_changes.because,
    initiative_changes.sandboxed,
    coalesce(classification.builds_ai, false) as builds_ai,
    changes.author,
    changes.author = '' and changes.author_key <> '' as nameless,
    coalesce(
        changes.author_kind,
        case when coalesce(classification.built_with_ai, 'none') = 'agent' then 'bot' else 'person' end
    ) <> 'bot' as person,
    coalesce(changes.first_commit_at, changes.opened_at, changes.code_complete_at, changes.merged_at) as began_at,
    changes.code_complete_at,
    changes.merged_at,
    change_milestones.production_at as arrived_at,
    coalesce(lead_times.outcome, '') <> 'unknown' as observed,
    changes.abandoned_at,
    lead_times.outcome,
    coalesce(deployed.deployments, 0) > 0 as deployments,
    coalesce(readings.statements, 0) > 0 and initiatives.importable as imports,
    report_times.as_of
from initiative_changes
inner join changes
    on initiative_changes.change_id = changes.change_id
inner join change_milestones
    on
        initiative_changes.change_id = change_milestones.change_id
        and change_milestones.whole
inner join initiatives
    on
        initiative_changes.initiative_id = initiatives.initiative_id
        and initiative_changes.repo_id = initiatives.repo_id
inner join report_times
    on initiative_changes.repo_id = report_times.repo_id
inner join repository_settings
    on initiative_changes.repo_id = repository_settings.repo_id
left join classification
    on initiative_changes.change_id = classification.change_id
left join lead_times
    on initiative_changes.change_id = lead_times.change_id
left join deployed
    on initiative_changes.repo_id = deployed.repo_id
left join readings
    on initiative_changes.repo_id = readings.repo_id
