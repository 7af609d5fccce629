-- change_reports: changes as records and forges report them; records take precedence over events of a forge
-- grain: one row per repository and change
-- key: repo_id, change_key
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   number: pull request number, null without one
--   sha: landing commit, or the one by which it was merged elsewhere; null while it has none
--   head_sha: last commit of the branch
--   head_ref: branch name
--   title: title, without what a merge bot writes before that of a request that landed
--   body: description
--   url: web address
--   author: log-in
--   author_kind: person, bot, or null where unknown
--   labels: label names, one a line
--   first_commit_at: milestones as in the definitions, UTC; null where not reported or not yet
--   opened_at: UTC
--   ready_at: UTC
--   first_review_at: UTC
--   code_complete_at: UTC
--   reviewed_at: UTC
--   approved_at: UTC
--   merged_at: landed on the default branch, UTC
--   integrated_at: UTC
--   staged_at: UTC
--   deploy_started_at: UTC
--   production_at: UTC
--   abandoned_at: UTC
--   commits: number of its own commits
--   files: files changed
--   additions: lines
--   deletions: lines
--   code_complete_source: event (a record says so) or branch_commits (a forge knows its commits); null without
--   forge: a forge reports it, with every event: an event that is missing did not happen
--   elsewhere: it was merged into another branch than the default one
--   own_commits: a forge reports its own commits
--   closer_sha: the commit by which the forge says that it was closed unmerged, null where none did
with numbered as (
    select
        raw_change_records.*,
        row_number() over (
            partition by repo_id, change_key
            order by
                collected_at desc, updated_at desc, coalesce(deleted, false), merged_at desc, coalesce(sha, ''),
                coalesce(head_sha, ''), coalesce(title, '')
        ) as reading
    from raw_change_records
),

records as (
    select numbered.*
    from numbered
    where
        reading = 1
        and not coalesce(deleted, false)
),

closings as (
    select
        repo_id,
        number,
        after_sha,
        row_number() over (partition by repo_id, number order by happened_at desc, event_id desc) as turn
    from pull_request_events
    where kind = 'closed'
),

forges as (
    select
        pull_request_milestones.*,
        concat('#', cast(pull_request_milestones.number as string)) as change_key,
        case when pull_request_milestones.merged_at is not null then pull_requests.merge_sha end as sha,
        pull_requests.head_sha,
        pull_requests.head_ref,
        pull_requests.title,
        pull_requests.body,
        pull_requests.url,
        pull_requests.author,
        pull_requests.author_kind,
        pull_requests.labels,
        case when not pull_request_milestones.own_commits then pull_requests.commits end as all_commits,
        pull_requests.files,
        pull_requests.additions,
        pull_requests.deletions,
        case when pull_request_milestones.abandoned_at is not null then closings.after_sha end as closer_sha,
        merged_elsewhere.number is not null as elsewhere
    from pull_request_milestones
    inner join pull_requests
        on
            pull_request_milestones.repo_id = pull_requests.repo_id
            and pull_request_milestones.number = pull_requests.number
    left join merged_elsewhere
        on
            pull_request_milestones.repo_id = merged_elsewhere.repo_id
            and pull_request_milestones.number = merged_elsewhere.number
    left join closings
        on
            pull_request_milestones.repo_id = closings.repo_id
            and pull_request_milestones.number = closings.number
            and closings.turn = 1
)

select
    coalesce(records.repo_id, forges.repo_id) as repo_id,
    coalesce(records.change_key, forges.change_key) as change_key,
    coalesce(records.number, forges.number) as number,
    coalesce(records.sha, forges.sha) as sha,
    coalesce(records.head_sha, forges.head_sha) as head_sha,
    coalesce(records.head_ref, forges.head_ref) as head_ref,
    case
        when substr(coalesce(records.title, forges.title), 1, length(parameters.title_prefix)) = parameters.title_prefix
            then substr(coalesce(records.title, forges.title), length(parameters.title_prefix) + 1)
        else coalesce(records.title, forges.title)
    end as title,
    coalesce(records.body, forges.body) as body,
    coalesce(records.url, forges.url) as url,
    coalesce(records.author, forges.author) as author,
    coalesce(records.author_kind, forges.author_kind) as author_kind,
    coalesce(records.labels, forges.labels) as labels,
    coalesce(records.first_commit_at, forges.first_commit_at) as first_commit_at,
    coalesce(records.opened_at, forges.opened_at) as opened_at,
    coalesce(records.ready_at, forges.ready_at) as ready_at,
    coalesce(records.first_review_at, forges.first_review_at) as first_review_at,
    coalesce(records.code_complete_at, forges.code_complete_at) as code_complete_at,
    coalesce(records.reviewed_at, forges.reviewed_at) as reviewed_at,
    coalesce(records.approved_at, forges.approved_at) as approved_at,
    case
        when forges.merged_at is not null and not forges.elsewhere then forges.merged_at
        else records.merged_at
    end as merged_at,
    records.integrated_at,
    records.staged_at,
    records.deploy_started_at,
    records.production_at,
    coalesce(records.abandoned_at, forges.abandoned_at) as abandoned_at,
    coalesce(records.commits, forges.commits, forges.all_commits) as commits,
    coalesce(records.files, forges.files) as files,
    coalesce(records.additions, forges.additions) as additions,
    coalesce(records.deletions, forges.deletions) as deletions,
    case
        when records.code_complete_at is not null then 'event'
        when forges.code_complete_at is not null then 'branch_commits'
    end as code_complete_source,
    forges.repo_id is not null as forge,
    coalesce(forges.elsewhere, false) as elsewhere,
    coalesce(forges.own_commits, false) as own_commits,
    forges.closer_sha
from records
full outer join forges
    on
        records.repo_id = forges.repo_id
        and records.change_key = forges.change_key
cross join parameters
