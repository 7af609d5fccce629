-- tag_readings: tags with each commit at which a reading found them: those that moved or are gone had led there
-- grain: one row per repository, tag and commit
-- key: repo_id, name, sha
-- columns:
--   repo_id: repository
--   name: tag name
--   sha: the commit it led to; empty, and the only one of its tag, where it led to none
--   tagged_at: annotated tags: tagger date as first read there, UTC
--   first_read_at: when the run that first found it there began, UTC
with numbered as (
    select
        repo_id,
        name,
        sha,
        tagged_at,
        collected_at,
        -- Git and a forge may read it in the same run.
        row_number() over (
            partition by repo_id, name, coalesce(sha, '')
            order by collected_at, case when tagged_at is null then 1 else 0 end, tagged_at
        ) as reading,
        max(sha) over (partition by repo_id, name) as any_sha
    from raw_refs
    where
        kind = 'tag'
        and not coalesce(deleted, false)
)
select
    repo_id,
    name,
    coalesce(sha, '') as sha,
    tagged_at,
    collected_at as first_read_at
from numbered
where
    reading = 1
    and (
        sha is not null
        or any_sha is null
    )
