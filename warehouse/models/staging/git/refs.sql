-- refs: branches, tags and PR heads as last read
-- grain: one row per repository and ref
-- key: repo_id, ref
-- columns:
--   repo_id: repository
--   ref: full name
--   kind: branch, tag or pull_head
--   name: branch or tag name, or the number of the pull request
--   sha: the commit it leads to, null where it leads to none
--   tagged_at: annotated tags: tagger date, UTC
with numbered as (
    select
        raw_refs.*,
        row_number() over (partition by repo_id, ref order by collected_at desc, deleted, coalesce(sha, '')) as reading
    from raw_refs
)
select
    repo_id,
    ref,
    kind,
    name,
    sha,
    tagged_at
from numbered
where
    reading = 1
    and not deleted
