-- reported_environments: environments to which a system reports deployments of a repository
-- grain: one row per repository and environment
-- key: repo_id, environment
-- columns:
--   repo_id: repository
--   environment: as named by the system, empty where it names none
--   deployments: deployments reported
--   succeeded: of them, succeeded
--   first_at: the first of them began, UTC
--   last_at: the last of them began, UTC
--   written_in: file and line of one of them, null where a system reports them
select
    repo_id,
    coalesce(environment, '') as environment,
    count(*) as deployments,
    cast(sum(case when succeeded_at is not null then 1 else 0 end) as bigint) as succeeded,
    min(created_at) as first_at,
    max(created_at) as last_at,
    min(written_in) as written_in
from reported_deployments
group by
    repo_id,
    coalesce(environment, '')
