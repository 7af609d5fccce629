-- change_files: how many paths a change touches, up to the report
-- grain: one row per repository and change
-- key: repo_id, change_key
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   files: distinct paths changed by its own commits
select
    change_commits.repo_id,
    change_commits.change_key,
    count(distinct commit_files.path) as files
from change_commits
inner join commits
    on
        change_commits.repo_id = commits.repo_id
        and change_commits.sha = commits.sha
inner join report_times
    on change_commits.repo_id = report_times.repo_id
inner join commit_files
    on
        change_commits.repo_id = commit_files.repo_id
        and change_commits.sha = commit_files.sha
where commits.committed_at <= report_times.as_of
group by
    change_commits.repo_id,
    change_commits.change_key
