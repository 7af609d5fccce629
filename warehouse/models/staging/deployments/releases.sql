-- releases: releases as last read
-- grain: one row per repository and release
-- key: repo_id, release_id
-- columns:
--   repo_id: repository
--   release_id: the forge's id
--   tag: the tag that it is made of
--   sha: the tag's commit, null where the forge does not report it
--   name: name
--   prerelease: it is not for production
--   published_at: UTC, null for a draft
--   url: web address
with numbered as (
    select
        raw_releases.*,
        row_number() over (
            partition by repo_id, release_id
            order by
                collected_at desc, coalesce(deleted, false), published_at desc, coalesce(tag, ''), coalesce(sha, ''),
                coalesce(name, '')
        ) as reading
    from raw_releases
)
select
    repo_id,
    release_id,
    tag,
    sha,
    name,
    coalesce(prerelease, false) as prerelease,
    case when not coalesce(draft, false) then published_at end as published_at,
    url
from numbered
where
    reading = 1
    and not coalesce(deleted, false)
