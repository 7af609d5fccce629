-- environment_gates: environments of a forge, and the gates of deployments to them
-- grain: one row per repository and environment
-- key: repo_id, environment
-- columns:
--   repo_id: repository
--   environment: name
--   gates: protection rules, one a line: `required_reviewers`, `wait_timer`, `branch_policy`, …
--   wait_minutes: of the wait timer
with numbered as (
    select
        raw_environments.*,
        row_number() over (
            partition by repo_id, environment
            order by collected_at desc, coalesce(gates, ''), wait_minutes desc
        ) as reading
    from raw_environments
)
select
    repo_id,
    environment,
    gates,
    wait_minutes
from numbered
where reading = 1
