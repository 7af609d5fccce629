-- commit_files: the paths that each commit changed against its only parent (merges have none)
-- grain: one row per commit and path
-- key: repo_id, sha, path
-- columns:
--   repo_id: repository
--   sha: commit
--   status: A added, C copied, D deleted, M modified, R renamed, T changed type
--   path: path after the change (before it, for D)
--   old_path: path before a rename or copy, else null
-- Of several sources the first that read the paths: the one that read the commit first need not know them.
with readings as (
    select
        raw_commit_files.repo_id,
        raw_commit_files.sha,
        min(raw_commit_files.collected_at) as collected_at
    from raw_commit_files
    inner join commits
        on
            raw_commit_files.repo_id = commits.repo_id
            and raw_commit_files.sha = commits.sha
    group by
        raw_commit_files.repo_id,
        raw_commit_files.sha
)
select distinct
    raw_commit_files.repo_id,
    raw_commit_files.sha,
    raw_commit_files.status,
    raw_commit_files.path,
    raw_commit_files.old_path
from raw_commit_files
inner join readings
    on
        raw_commit_files.repo_id = readings.repo_id
        and raw_commit_files.sha = readings.sha
        and raw_commit_files.collected_at = readings.collected_at
