-- added_lines: lines that commits added to package manifests, where the clone had the contents
-- grain: one row per commit, path and line
-- key: repo_id, sha, path, line
-- columns:
--   repo_id: repository
--   sha: commit
--   path: the manifest
--   line: the added line
select distinct
    raw_added_lines.repo_id,
    raw_added_lines.sha,
    raw_added_lines.path,
    raw_added_lines.line
from raw_added_lines
