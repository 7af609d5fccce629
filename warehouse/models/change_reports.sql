-- change_reports: changes as systems that know their milestones report them
-- grain: one row per repository and change
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   number: pull request number, null without one
--   sha: landing commit, null while it has none
--   head_sha: last commit of the branch
--   head_ref: branch name
--   title: title
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
--   merged_at: UTC
--   integrated_at: UTC
--   staged_at: UTC
--   deploy_started_at: UTC
--   production_at: UTC
--   abandoned_at: UTC
--   commits: number of its own commits
--   files: files changed
--   additions: lines
--   deletions: lines
with numbered as (
    select
        raw_change_records.*,
        row_number() over (
            partition by repo_id, change_key
            order by collected_at desc, updated_at desc
        ) as reading
    from raw_change_records
)
select
    repo_id,
    change_key,
    number,
    sha,
    head_sha,
    head_ref,
    title,
    body,
    url,
    author,
    author_kind,
    labels,
    first_commit_at,
    opened_at,
    ready_at,
    first_review_at,
    code_complete_at,
    reviewed_at,
    approved_at,
    merged_at,
    integrated_at,
    staged_at,
    deploy_started_at,
    production_at,
    abandoned_at,
    commits,
    files,
    additions,
    deletions
from numbered
where
    reading = 1
    and not coalesce(deleted, false)
