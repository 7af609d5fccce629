-- reported_ids: deployments as the systems that make them report them, each under an id of its own
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: the reported id; where it stands for several deployments, with the environment, and the commit or the
--     application if needed, behind it
--   record_id: the id as reported
--   variant: environment, commit and application of a record, empty for a system whose ids are unique
--   deployments_of_id: deployments that are reported under this id
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the system
--   production: the system's own flag, null where it has none
--   sha: deployed commit, null where only a version is known
--   version: tag or version, null where only a commit is known
--   created_at: when the attempt began, in the earliest report of it, UTC; null where none says it
--   url: web address
--   source: the collector that reported it
--   collected_at: when it was read, UTC
--   written_in: file and line that report it, null where a system does
with numbered as (
    select
        reported_readings.*,
        min(created_at) over (partition by repo_id, record_id, variant) as began_at,
        -- Of several files the newest reading describes it.
        row_number() over (
            partition by repo_id, record_id, variant
            order by
                collected_at desc, created_at desc, coalesce(sha, ''), coalesce(version, ''), coalesce(environment, ''),
                coalesce(application, ''), source, reported_by
        ) as reading
    from reported_readings
),

reported as (
    select
        numbered.*,
        row_number() over (
            partition by
                repo_id, record_id, coalesce(environment, ''), coalesce(lower(sha), version, ''),
                coalesce(source, '') = 'records',
                case when source = 'records' then coalesce(application, '') else '' end
            order by collected_at desc, source, variant
        ) as report,
        -- The same deployment in records and as its own system reports it: the newer counts.
        max(case when source = 'records' then collected_at end) over (
            partition by repo_id, record_id, coalesce(environment, ''), coalesce(lower(sha), version, '')
        ) as recorded_at,
        max(case when coalesce(source, '') <> 'records' then collected_at end) over (
            partition by repo_id, record_id, coalesce(environment, ''), coalesce(lower(sha), version, '')
        ) as observed_at
    from numbered
    where reading = 1
),

counted as (
    select
        reported.*,
        count(*) over (partition by repo_id, record_id) as of_id,
        count(*) over (partition by repo_id, record_id, coalesce(environment, '')) as of_environment,
        count(*) over (
            partition by repo_id, record_id, coalesce(environment, ''), coalesce(lower(sha), version, '')
        ) as of_place
    from reported
    where
        report = 1
        and case
            when source = 'records' then observed_at is null or observed_at < recorded_at
            else recorded_at is null or recorded_at <= observed_at
        end
),

named as (
    select
        counted.*,
        case
            when of_id = 1 then record_id
            when of_environment = 1 then concat(record_id, ' (', coalesce(environment, ''), ')')
            when of_place = 1
                then
                    concat(record_id, ' (', coalesce(environment, ''), ', ', coalesce(lower(sha), version, ''), ')')
            when of_place = of_environment
                then concat(record_id, ' (', coalesce(environment, ''), ', ', coalesce(application, ''), ')')
            else
                concat(
                    record_id, ' (', coalesce(environment, ''), ', ', coalesce(lower(sha), version, ''), ', ',
                    coalesce(application, ''), ')'
                )
        end as own_id
    from counted
),

distinguished as (
    select
        named.*,
        -- Someone may call a deployment what another one is called here.
        row_number() over (partition by repo_id, own_id order by of_id, record_id, variant) as again
    from named
)

select
    repo_id,
    case when again = 1 then own_id else concat(own_id, ' #', cast(again as string)) end as deployment_id,
    record_id,
    variant,
    of_id as deployments_of_id,
    application,
    environment,
    production,
    sha,
    version,
    began_at as created_at,
    url,
    source,
    collected_at,
    written_in
from distinguished
