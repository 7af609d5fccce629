-- manifest_bumps: commits of a repository's own default branch that do nothing but deploy: they change versions alone
-- grain: one row per repository and commit
-- key: repo_id, sha
-- across: manifests of a repository say which of its commits these are
-- columns:
--   repo_id: repository
--   sha: commit of the first-parent history
select distinct
    manifests_repo_id as repo_id,
    sha
from manifest_versions
where alone
