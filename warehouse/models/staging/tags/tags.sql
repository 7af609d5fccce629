-- tags: tags as of the report
-- grain: one row per repository and tag
-- key: repo_id, ref
-- columns:
--   repo_id: repository
--   ref: full name
--   sha: the commit it leads to
--   tagged_at: when the tag was made, UTC: its tagger date; of a lightweight tag its commit's date, which is the earliest,
--     but the first reading of the tag where an earlier one had the commit without it
with readings as (
    select
        repo_id,
        ref,
        sha,
        min(collected_at) as first_read_at
    from raw_refs
    where kind = 'tag'
    group by repo_id, ref, sha
),

dated as (
    select
        refs.repo_id,
        refs.ref,
        refs.sha,
        case
            when refs.tagged_at is not null then refs.tagged_at
            -- More than a second apart they are of two runs.
            when unix_micros(readings.first_read_at) - unix_micros(commits.collected_at) > 1000000
                then readings.first_read_at
            else commits.committed_at
        end as tagged_at
    from refs
    inner join commits
        on
            refs.repo_id = commits.repo_id
            and refs.sha = commits.sha
    inner join readings
        on
            refs.repo_id = readings.repo_id
            and refs.ref = readings.ref
            and refs.sha = readings.sha
    where refs.kind = 'tag'
)
select
    dated.repo_id,
    dated.ref,
    dated.sha,
    dated.tagged_at
from dated
inner join report_times
    on dated.repo_id = report_times.repo_id
where dated.tagged_at <= report_times.as_of
