-- changes: changes from Git and from reports, merged into one, up to their merge
-- grain: one row per change that was opened or had landed by the time of the report
-- key: change_id
-- columns:
--   change_id: `<provider>:<repo>#<number>` or `<provider>:<repo>@<sha>`
--   repo_id: repository
--   change_key: the part of the id behind the repository
--   number: pull request number, null without one
--   sha: landing commit, null while it has not landed
--   title: title
--   url: web address, empty where unknown
--   author: log-in, else the name in Git; empty where no names are stored
--   author_key: as `author`, or the mark in its place: the same for one author within a repository
--   author_kind: person, bot, or null where unknown
--   head_ref: branch name, empty where unknown
--   labels: label names, one a line
--   body: description
--   landed_by: merge, squash, rebase, direct, nested; `report` where only a report knows; null while open
--   branch_commits: joined, landing (a direct push is its own commit), no_ref, empty (it has none), squashed (a squash
--     made at the merge: what was written is unknown), closed (a closing word or event alone joins it, and paths: what was
--     written is unknown), not_believed, or forge where a forge reports its commits; null
--     without any
--   reverted_by: change that reverted it
--   first_commit_at: earliest author date among its own commits, UTC
--   opened_at: UTC
--   ready_at: UTC
--   first_review_at: first review by a person not the author, whenever it came, UTC
--   code_complete_at: its own code changed for the last time, UTC; null for a merge of nothing but other changes
--   code_complete_source: branch_commits, landing_author_date (approximate) or event
--   reviewed_at: UTC
--   approved_at: UTC
--   merged_at: UTC
--   reported_integrated_at: UTC, where a report says so itself
--   reported_staged_at: UTC, likewise
--   reported_deploy_started_at: UTC, likewise
--   reported_production_at: UTC, likewise
--   abandoned_at: closed unmerged, UTC
--   commits: own commits
--   files: paths
--   additions: lines
--   deletions: lines
--   untraceable: it was merged into another branch, and no history shows whether it got further
with readiness as (
    select
        repo_id,
        count(ready_at) > 0 as reported
    from change_reports
    group by repo_id
),

joined as (
    select
        change_landings.repo_id,
        change_landings.change_key,
        change_landings.number,
        change_landings.landing_sha,
        change_landings.landed_by,
        change_landings.untraceable,
        change_landings.reverted_by,
        change_landings.landing_authored_at,
        change_landings.landed_at as merged_at,
        case
            when coalesce(change_landings.branch_commits, '') = 'joined' then 'joined'
            when change_landings.branch_commits = 'empty' and change_landings.landed_by in ('merge', 'nested') then 'empty'
            when change_landings.branch_commits = 'closed' then 'closed'
            when change_reports.own_commits then 'forge'
            else change_landings.branch_commits
        end as branch_commits,
        coalesce(change_landings.branch_commits = 'empty' and change_landings.landed_by in ('merge', 'nested'), false)
            as without_work,
        coalesce(change_reports.title, change_landings.title) as title,
        coalesce(change_reports.head_ref, change_landings.head_ref, '') as head_ref,
        coalesce(change_reports.author, change_landings.author, '') as author_key,
        case
            when coalesce(change_landings.branch_commits, '') <> 'closed'
                then coalesce(change_reports.first_commit_at, change_sizes.first_commit_at)
        end as first_commit_at,
        case
            when coalesce(change_landings.branch_commits, '') <> 'closed'
                then coalesce(change_reports.commits, change_sizes.commits)
        end as commits,
        coalesce(change_reports.files, change_files.files) as files,
        change_sizes.last_commit_at,
        change_sizes.last_seen_commit_at,
        change_reports.url,
        change_reports.author_kind,
        change_reports.labels,
        change_reports.body,
        change_reports.opened_at,
        case
            when readiness.reported or change_reports.forge then change_reports.ready_at
            else change_reports.opened_at
        end as ready_at,
        change_reports.first_review_at,
        -- What closed a request may be other work: the request's own commits say nothing of it.
        case
            when change_landings.branch_commits <> 'closed' or change_landings.branch_commits is null
                then change_reports.code_complete_at
        end as code_complete_at,
        case
            when change_landings.branch_commits <> 'closed' or change_landings.branch_commits is null
                then change_reports.code_complete_source
        end as code_complete_source,
        change_reports.forge,
        change_reports.reviewed_at,
        change_reports.approved_at,
        change_reports.integrated_at,
        change_reports.staged_at,
        change_reports.deploy_started_at,
        change_reports.production_at,
        coalesce(change_reports.abandoned_at, change_landings.abandoned_at) as abandoned_at,
        change_reports.additions,
        change_reports.deletions
    from change_landings
    left join change_reports
        on
            change_landings.repo_id = change_reports.repo_id
            and change_landings.change_key = change_reports.change_key
    left join readiness
        on change_reports.repo_id = readiness.repo_id
    left join change_sizes
        on
            change_landings.repo_id = change_sizes.repo_id
            and change_landings.change_key = change_sizes.change_key
    left join change_files
        on
            change_landings.repo_id = change_files.repo_id
            and change_landings.change_key = change_files.change_key
),

seen as (
    select
        joined.landing_authored_at,
        joined.without_work,
        joined.repo_id,
        joined.change_key,
        joined.number,
        joined.title,
        joined.url,
        joined.author_key,
        joined.author_kind,
        joined.head_ref,
        joined.labels,
        joined.body,
        joined.branch_commits,
        case when joined.without_work then cast(0 as bigint) else joined.commits end as commits,
        joined.files,
        joined.additions,
        joined.deletions,
        joined.last_seen_commit_at,
        joined.reverted_by,
        joined.untraceable,
        joined.last_commit_at,
        joined.code_complete_source as told_source,
        joined.forge,
        case when joined.merged_at <= report_times.as_of then joined.landing_sha end as sha,
        case when joined.merged_at <= report_times.as_of then joined.landed_by end as landed_by,
        case when joined.first_commit_at <= report_times.as_of and not joined.without_work then joined.first_commit_at end
            as first_commit_at,
        case when joined.opened_at <= report_times.as_of then joined.opened_at end as opened_at,
        case
            when joined.ready_at <= report_times.as_of then joined.ready_at
            when joined.ready_at is null and joined.merged_at <= report_times.as_of then joined.opened_at
        end as ready_at,
        case when joined.first_review_at <= report_times.as_of then joined.first_review_at end as first_review_at,
        case when joined.code_complete_at <= report_times.as_of then joined.code_complete_at end as told_complete_at,
        case when joined.reviewed_at <= report_times.as_of then joined.reviewed_at end as reviewed_at,
        case when joined.approved_at <= report_times.as_of then joined.approved_at end as approved_at,
        case when joined.merged_at <= report_times.as_of then joined.merged_at end as merged_at,
        case when joined.integrated_at <= report_times.as_of then joined.integrated_at end as integrated_at,
        case when joined.staged_at <= report_times.as_of then joined.staged_at end as staged_at,
        case when joined.deploy_started_at <= report_times.as_of then joined.deploy_started_at end as deploy_started_at,
        case when joined.production_at <= report_times.as_of then joined.production_at end as production_at,
        case
            when
                (joined.merged_at is null or joined.merged_at > report_times.as_of)
                and joined.abandoned_at <= report_times.as_of
                then joined.abandoned_at
        end as abandoned_at
    from joined
    inner join report_times
        on joined.repo_id = report_times.repo_id
    where
        joined.merged_at <= report_times.as_of
        or joined.opened_at <= report_times.as_of
        or joined.code_complete_at <= report_times.as_of
),

timed as (
    select
        seen.*,
        case
            -- What merges nothing but other changes completes no code of its own.
            when seen.without_work and coalesce(seen.told_source, '') <> 'event' then null
            when parameters.code_complete = 'merged' then seen.merged_at
            when parameters.code_complete = 'first_approval' then coalesce(seen.approved_at, seen.merged_at)
            when
                parameters.code_complete = 'ready_for_review'
                then coalesce(seen.ready_at, seen.merged_at)
            when seen.told_complete_at is not null then least(seen.told_complete_at, seen.merged_at)
            when
                seen.branch_commits = 'joined' and seen.merged_at is not null
                then least(
                    greatest(coalesce(seen.last_commit_at, seen.merged_at), seen.ready_at), seen.merged_at
                )
            when seen.merged_at is not null
                then least(greatest(seen.landing_authored_at, seen.ready_at), seen.merged_at)
            when seen.ready_at is not null then greatest(seen.last_seen_commit_at, seen.ready_at)
        end as code_complete_at,
        case
            when parameters.code_complete <> 'last_commit' then 'event'
            when seen.told_complete_at is not null then seen.told_source
            when seen.branch_commits = 'joined' or seen.without_work then 'branch_commits'
            when seen.merged_at is not null and seen.landing_authored_at is not null then 'landing_author_date'
            else 'event'
        end as code_complete_source,
        -- Reviews of a forge refer to code complete by its commits, those of a record to code complete by the record.
        parameters.code_complete = 'last_commit'
        and (not coalesce(seen.forge, false) or coalesce(seen.told_source = 'branch_commits', false)) as reviews_fit
    from seen
    cross join parameters
)

select
    concat(timed.repo_id, timed.change_key) as change_id,
    timed.repo_id,
    timed.change_key,
    timed.number,
    timed.sha,
    timed.title,
    case
        when timed.url is not null then timed.url
        when repository_settings.url = '' then ''
        when timed.number is not null
            then concat(repository_settings.url, repository_settings.pull_path, cast(timed.number as string))
        when timed.sha is not null
            then concat(repository_settings.url, repository_settings.commit_path, timed.sha)
        else ''
    end as url,
    case
        when regexp_extract(timed.author_key, '^(anonymous[a-p]{12})', 1) <> '' then ''
        else timed.author_key
    end as author,
    timed.author_key,
    timed.author_kind,
    timed.head_ref,
    timed.labels,
    timed.body,
    timed.landed_by,
    timed.branch_commits,
    timed.reverted_by,
    timed.first_commit_at,
    timed.opened_at,
    timed.ready_at,
    timed.first_review_at,
    timed.code_complete_at,
    timed.code_complete_source,
    -- Reports have the first at or after their own code complete; another code complete needs the first after that.
    case
        when timed.reviews_fit or timed.code_complete_at is null then timed.reviewed_at
        when timed.first_review_at >= timed.code_complete_at then least(timed.first_review_at, timed.reviewed_at)
        when timed.reviewed_at >= timed.code_complete_at then timed.reviewed_at
        when timed.approved_at <= timed.code_complete_at then timed.code_complete_at
    end as reviewed_at,
    case
        when not timed.reviews_fit and timed.approved_at < timed.code_complete_at then timed.code_complete_at
        else timed.approved_at
    end as approved_at,
    timed.merged_at,
    timed.integrated_at as reported_integrated_at,
    timed.staged_at as reported_staged_at,
    timed.deploy_started_at as reported_deploy_started_at,
    timed.production_at as reported_production_at,
    timed.abandoned_at,
    timed.commits,
    timed.files,
    timed.additions,
    timed.deletions,
    timed.untraceable
from timed
inner join repository_settings
    on timed.repo_id = repository_settings.repo_id
where repository_settings.role = 'application'
