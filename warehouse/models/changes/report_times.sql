-- report_times: the time as of which a repository is reported
-- grain: one row per repository
-- key: repo_id
-- across: what manifests deploy is known as far as they are
-- columns:
--   repo_id: repository
--   watermark_at: every feed that still feeds it is complete through this time, UTC
--   as_of: the watermark, or the requested time if that is earlier, UTC
--   held_by: the source whose end the watermark is; of a feed of several sources, its newest
--   newest_at: the latest time that one of its feeds is complete through, UTC
with fed as (
    select
        repository_settings.repo_id,
        source_watermarks.source,
        source_watermarks.feed,
        source_watermarks.watermark_at
    from repository_settings
    inner join source_watermarks
        on repository_settings.repo_id = source_watermarks.repo_id
    where source_watermarks.feeds
    union all
    select
        deployment_rules.repo_id,
        source_watermarks.source,
        source_watermarks.feed,
        source_watermarks.watermark_at
    from deployment_rules
    inner join source_watermarks
        on deployment_rules.manifests_repo_id = source_watermarks.repo_id
    where
        deployment_rules.source = 'manifests'
        and source_watermarks.feeds
),

told as (
    select distinct
        repo_id,
        source,
        feed,
        watermark_at
    from fed
),

newest as (
    select
        told.*,
        row_number() over (
            partition by repo_id, feed
            order by case when watermark_at is null then 1 else 0 end, watermark_at desc, source
        ) as place
    from told
),

feeds as (
    select
        newest.*,
        row_number() over (
            partition by repo_id
            order by case when watermark_at is null then 1 else 0 end, watermark_at, source
        ) as earliest
    from newest
    where place = 1
)

select
    feeds.repo_id,
    min(feeds.watermark_at) as watermark_at,
    least(min(feeds.watermark_at), max(parameters.as_of)) as as_of,
    max(case when feeds.earliest = 1 then feeds.source end) as held_by,
    max(feeds.watermark_at) as newest_at
from feeds
cross join parameters
group by feeds.repo_id
