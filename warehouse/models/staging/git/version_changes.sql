-- version_changes: versions that commits moved, of those that may be releases, where the clone had the contents
-- grain: one row per commit, path and version that moved
-- key: repo_id, sha, path, what, package, old_version, new_version
-- columns:
--   repo_id: repository
--   sha: commit
--   path: the file, empty for nothing
--   what: own_version (of a package of the repository), dependency, number (a version in a file that is no manifest), other
--     (lines that are no version) or nothing (only changelogs and locks changed)
--   package: whose version, empty where the lines do not name it
--   old_version: before, empty for other and nothing
--   new_version: after, likewise
select distinct
    raw_version_changes.repo_id,
    raw_version_changes.sha,
    raw_version_changes.path,
    raw_version_changes.what,
    raw_version_changes.package,
    raw_version_changes.old_version,
    raw_version_changes.new_version
from raw_version_changes
