-- patch_ids: what a commit changes, as one number: equal for cherry-picks (only if a setting requests it)
-- grain: one row per repository and commit
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
--   patch_id: `git patch-id --stable`
select
    repo_id,
    sha,
    max(patch_id) as patch_id
from raw_patch_ids
group by
    repo_id,
    sha
