-- refs: branches, tags and PR heads as last read; of a branch that several sources have, where the newest commit is
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
),

-- A clone that was not fetched for long has branches of then, whenever it was read.
newest as (
    select
        branch_tips.*,
        row_number() over (
            partition by repo_id, name
            order by coalesce(unix_micros(committed_at), 0) desc, collected_at desc, coalesce(sha, '')
        ) as place,
        count(*) over (partition by repo_id, name) as sources
    from branch_tips
)

select
    numbered.repo_id,
    numbered.ref,
    numbered.kind,
    numbered.name,
    coalesce(newest.sha, numbered.sha) as sha,
    numbered.tagged_at
from numbered
left join newest
    on
        numbered.repo_id = newest.repo_id
        and numbered.name = newest.name
        and numbered.kind = 'branch'
        and newest.place = 1
        and newest.sources > 1
where
    numbered.reading = 1
    and not numbered.deleted
