-- branch_tips: where each source that reads a repository last found its branches
-- grain: one row per repository, source and branch
-- key: repo_id, source, name
-- columns:
--   repo_id: repository
--   source: the source that read it, empty where an earlier version did and no source has read it since
--   name: branch name
--   sha: the commit it leads to
--   committed_at: when that was made, UTC; null where the commit is not there
--   collected_at: when the run that found it there began, UTC
with readings as (
    select
        raw_refs.*,
        coalesce(source, '') as reader,
        max(case when source is null then 0 else 1 end) over (partition by repo_id, ref) as told,
        row_number() over (
            partition by repo_id, ref, coalesce(source, '')
            order by collected_at desc, deleted, coalesce(sha, '')
        ) as reading
    from raw_refs
    where kind = 'branch'
)

select
    readings.repo_id,
    readings.reader as source,
    readings.name,
    readings.sha,
    commits.committed_at,
    readings.collected_at
from readings
left join commits
    on
        readings.repo_id = commits.repo_id
        and readings.sha = commits.sha
where
    readings.reading = 1
    and not readings.deleted
    -- Which source read the older rows is not known: they count until one is.
    and (readings.reader <> '' or readings.told = 0)
