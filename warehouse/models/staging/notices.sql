-- notices: problems that affect the numbers: what collectors reported in their newest run, and what the build noticed
-- grain: one row per repository, source and kind
-- key: repo_id, source, kind
-- columns:
--   repo_id: repository
--   source: the source it came from, empty for what the build noticed
--   kind: such as `shallow` or `future_dates`
--   detail: one sentence
--   count: how many
with numbered as (
    select
        raw_notices.*,
        row_number() over (
            partition by repo_id, source, kind
            order by collected_at desc, count desc, coalesce(detail, '')
        ) as reading
    from raw_notices
)
select
    repo_id,
    source,
    kind,
    detail,
    count
from numbered
where
    reading = 1
    and count > 0
union all
select
    repo_id,
    '' as source,
    kind,
    detail,
    deployments as count
from near_names
union all
select
    repo_id,
    source,
    kind,
    detail,
    files as count
from collection_gaps
union all
select
    repo_id,
    '' as source,
    kind,
    detail,
    count
from tag_notices
union all
select
    repo_id,
    '' as source,
    kind,
    detail,
    count
from deployment_notices
union all
select
    repo_id,
    source,
    'stale_clone' as kind,
    concat(
        'another source has a newer default branch, which counts: ', newest_branch, ' of ', newest_source, ' is ',
        cast(days as string), ' days newer than ', default_branch, ' of ', source
    ) as detail,
    1 as count
from stale_clones
where days > 0
union all
select
    repo_id,
    '' as source,
    'parts_apart' as kind,
    concat(
        'tags are of single parts, released apart or less than half of the repository, and nothing says which changes ',
        'belong to which part: what such a tag shipped is unknown: ', cast(count(*) as string), ' tags, such as ', min(version)
    ) as detail,
    count(*) as count
from deployments_seen
where problem like 'it is of one part, %'
group by repo_id
union all
select
    repo_id,
    '' as source,
    'renamed_services' as kind,
    concat(
        'a name of deployments began when another one ended: they are taken for one service that was renamed: ',
        min(concat(former, ' to ', service, ' on ', cast(cast(began_at as date) as string))),
        case when count(*) > 1 then concat(' and ', cast(count(*) - 1 as string), ' more') else '' end
    ) as detail,
    count(*) as count
from renamed_services
where joined
group by repo_id
union all
select
    repo_id,
    '' as source,
    'parts_without_folder' as kind,
    concat(
        'tags release parts of which no folder is known, so that their changes count for other services: ',
        cast(count(*) as string), ' parts, such as ', min(part)
    ) as detail,
    count(*) as count
from unplaced_parts
group by repo_id
