-- change_files: how many paths a change touches
-- grain: one row per repository and change
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   files: distinct paths changed by its own commits
select
    change_commits.repo_id,
    change_commits.change_key,
    count(distinct commit_files.path) as files
from change_commits
inner join commit_files
    on
        change_commits.repo_id = commit_files.repo_id
        and change_commits.sha = commit_files.sha
group by
    change_commits.repo_id,
    change_commits.change_key
