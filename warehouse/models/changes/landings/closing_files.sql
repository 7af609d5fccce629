-- closing_files: paths of commits, in repositories where a commit says that it closes a pull request
-- grain: one row per commit and path of such a repository
-- key: repo_id, sha, path
-- columns:
--   repo_id: repository
--   sha: commit
--   path: path after the change (before it, where it was deleted)
--   old_path: path before a rename or copy, else null
with closing as (
    select distinct
        repo_id,
        regexp_extract(
            message,
            '(?i)(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? +(?:[^ #]*#|https?://[^ #]+/)([0-9]+)',
            1
        ) as number
    from commits
    where
        message like '%#%'
        or message like '%://%'
),

heads as (
    select
        repo_id,
        name as number
    from refs
    where kind = 'pull_head'
    union
    select
        repo_id,
        cast(number as string) as number
    from change_reports
    where number is not null
),

concerned as (
    select closing.repo_id
    from closing
    inner join heads
        on
            closing.repo_id = heads.repo_id
            and closing.number = heads.number
    union
    select repo_id
    from change_reports
    where closer_sha is not null
)

select
    commit_files.repo_id,
    commit_files.sha,
    commit_files.path,
    commit_files.old_path
from commit_files
inner join concerned
    on commit_files.repo_id = concerned.repo_id
