-- report_times: the time as of which a repository is reported
-- grain: one row per repository
-- key: repo_id
-- columns:
--   repo_id: repository
--   watermark_at: every source that feeds it is complete through this time, UTC
--   as_of: the watermark, or the requested time if that is earlier, UTC
with fed as (
    select
        repository_settings.repo_id,
        source_watermarks.watermark_at
    from repository_settings
    inner join source_watermarks
        on repository_settings.repo_id = source_watermarks.repo_id
    union all
    select
        deployment_rules.repo_id,
        source_watermarks.watermark_at
    from deployment_rules
    inner join source_watermarks
        on deployment_rules.manifests_repo_id = source_watermarks.repo_id
    where deployment_rules.source = 'manifests'
)
select
    fed.repo_id,
    min(fed.watermark_at) as watermark_at,
    least(min(fed.watermark_at), max(parameters.as_of)) as as_of
from fed
cross join parameters
group by fed.repo_id
