-- stale_clones: sources whose default branch is older than another source of the same repository has it
-- grain: one row per repository and source
-- key: repo_id, source
-- columns:
--   repo_id: repository
--   source: the source that is behind
--   default_branch: the branch that it calls the default one
--   newest_source: the source with the newest default branch, which counts
--   newest_branch: the name of that
--   days: days between the newest commits of the two, rounded down
with described as (
    select
        raw_repositories.*,
        coalesce(source, '') as reader,
        max(case when source is null then 0 else 1 end) over (partition by repo_id) as told,
        row_number() over (
            partition by repo_id, coalesce(source, '')
            order by collected_at desc, default_branch desc, url desc
        ) as reading
    from raw_repositories
),

tips as (
    select
        described.repo_id,
        described.reader as source,
        described.default_branch,
        branch_tips.sha,
        branch_tips.committed_at,
        row_number() over (
            partition by described.repo_id
            order by branch_tips.committed_at desc, described.collected_at desc, described.reader
        ) as place
    from described
    inner join branch_tips
        on
            described.repo_id = branch_tips.repo_id
            and described.reader = branch_tips.source
            and described.default_branch = branch_tips.name
    where
        described.reading = 1
        and branch_tips.committed_at is not null
        and (described.reader <> '' or described.told = 0)
)

select
    behind.repo_id,
    behind.source,
    behind.default_branch,
    newest.source as newest_source,
    newest.default_branch as newest_branch,
    cast(
        floor((unix_micros(newest.committed_at) - unix_micros(behind.committed_at)) / 86400000000) as bigint
    ) as days
from tips as behind
inner join tips as newest
    on
        behind.repo_id = newest.repo_id
        and newest.place = 1
where
    behind.place > 1
    and behind.sha <> newest.sha
