-- incidents: incidents as of the report
-- grain: one row per repository and incident
-- key: repo_id, incident_id
-- columns:
--   repo_id: repository
--   incident_id: unique within the repository
--   deployment_id: the deployment that caused it, null where no source says
--   opened_at: UTC
--   resolved_at: UTC, null while it is open
--   title: title
--   url: web address
with numbered as (
    select
        raw_incidents.*,
        row_number() over (
            partition by repo_id, incident_id
            order by
                collected_at desc, opened_at, resolved_at desc, coalesce(deployment_id, ''), coalesce(title, ''),
                coalesce(url, '')
        ) as reading
    from raw_incidents
)

select
    numbered.repo_id,
    numbered.incident_id,
    numbered.deployment_id,
    numbered.opened_at,
    case when numbered.resolved_at <= report_times.as_of then numbered.resolved_at end as resolved_at,
    numbered.title,
    numbered.url
from numbered
inner join report_times
    on numbered.repo_id = report_times.repo_id
where
    numbered.reading = 1
    and numbered.opened_at <= report_times.as_of
