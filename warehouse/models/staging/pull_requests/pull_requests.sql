-- pull_requests: pull requests as a forge last reported them
-- grain: one row per repository and pull request
-- key: repo_id, number
-- columns:
--   repo_id: repository
--   number: number in the repository
--   state: open, closed or merged, when it was read
--   draft: it was a draft when it was read
--   title: title
--   body: description
--   url: web address
--   author: log-in, null where the account is gone
--   author_kind: person, bot, or null where the account is gone
--   head_ref: branch
--   head_sha: last commit of the branch
--   base_ref: branch that it merges into
--   merge_sha: the commit by which it was merged, null while it was not
--   created_at: opened, UTC
--   merged_at: merged into its base, UTC
--   closed_at: closed, merged or not, UTC
--   labels: label names, one a line
--   additions: lines
--   deletions: lines
--   files: files changed
--   commits: commits on its head, merges included, as the forge counts them
--   collected_at: when it was read; what belongs to it counts only from the same reading, UTC
with numbered as (
    select
        raw_pull_requests.*,
        row_number() over (
            partition by repo_id, number
            order by
                collected_at desc, coalesce(deleted, false), updated_at desc, merged_at desc, closed_at desc,
                coalesce(head_sha, ''), coalesce(merge_sha, ''), coalesce(title, ''), coalesce(labels, '')
        ) as reading
    from raw_pull_requests
)
select
    repo_id,
    number,
    state,
    draft,
    title,
    body,
    url,
    author,
    author_kind,
    head_ref,
    head_sha,
    base_ref,
    merge_sha,
    created_at,
    merged_at,
    closed_at,
    labels,
    additions,
    deletions,
    files,
    commits,
    collected_at
from numbered
where
    reading = 1
    and not coalesce(deleted, false)
