-- workflow_names: names of CI workflows
-- grain: one row per repository and name
-- key: repo_id, name
-- columns:
--   repo_id: repository
--   name: workflow or job
select distinct
    repo_id,
    name
from ci_runs
