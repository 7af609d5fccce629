-- late_commits: commits made after the time of the report; of those that a source reads it may know some
-- grain: one row per repository and commit
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
select
    commits.repo_id,
    commits.sha
from commits
inner join report_times
    on commits.repo_id = report_times.repo_id
where commits.committed_at > report_times.as_of
