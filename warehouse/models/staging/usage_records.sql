-- usage_records: records that an initiative was used, up to the report
-- grain: one row per repository and record
-- key: repo_id, usage_id
-- columns:
--   repo_id: repository
--   usage_id: unique within the repository
--   initiative: name or id of the initiative
--   used_at: when it was used, or the end of the period that the record is about, UTC
--   uses: how often, null where not known
--   users: by how many, null where not known
--   as_of: the time as of which this row is reported, UTC
with numbered as (
    select
        raw_usage_records.repo_id,
        raw_usage_records.usage_id,
        raw_usage_records.initiative,
        raw_usage_records.used_at,
        raw_usage_records.uses,
        raw_usage_records.users,
        row_number() over (
            partition by raw_usage_records.repo_id, raw_usage_records.usage_id
            order by
                raw_usage_records.collected_at desc,
                raw_usage_records.used_at,
                raw_usage_records.initiative,
                raw_usage_records.uses,
                raw_usage_records.users
        ) as reading
    from raw_usage_records
)

select
    numbered.repo_id,
    numbered.usage_id,
    numbered.initiative,
    numbered.used_at,
    numbered.uses,
    numbered.users,
    report_times.as_of
from numbered
inner join report_times
    on numbered.repo_id = report_times.repo_id
where
    numbered.reading = 1
    and numbered.used_at <= report_times.as_of
