-- reported_readings: readings of reported deployments that count: of each source the newest, unless it is retracted
-- grain: one row per repository, id, variant and source
-- key: repo_id, record_id, variant, reported_by
-- columns:
--   repo_id: repository
--   record_id: the id as reported
--   variant: environment, commit and application of a record, empty for a system whose ids are unique
--   reported_by: the file of records that reports it, empty for a system or where an earlier version read it
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the system
--   production: the system's own flag, null where it has none
--   sha: deployed commit, null where only a version is known
--   version: tag or version, null where only a commit is known
--   created_at: when the attempt began, UTC; null where the report does not say
--   url: web address
--   source: the collector that reported it
--   collected_at: when it was read, UTC
--   retracted_at: when a retraction of it was read last, UTC; null where none was
--   written_in: file and line that report it, null where a system does
with placed as (
    select
        raw_deployments.*,
        coalesce(source, '') = 'records' as recorded,
        -- A pipeline run may be the id of all of its deployments: what a record is about is its commit in an environment.
        case
            when coalesce(source, '') <> 'records' then ''
            when environment is null and sha is null and version is null then ''
            else concat(coalesce(environment, ''), ' @ ', coalesce(lower(sha), version, ''))
        end as place
    from raw_deployments
),

keyed as (
    select
        placed.*,
        case
            when place = '' or reported_by is null or coalesce(application, '') = '' then place
            else concat(place, ' @ ', application)
        end as variant
    from placed
),

-- A record may retract an id, a place under it, or one deployment there; a system the one of the id.
retracted as (
    select
        repo_id,
        deployment_id,
        case when recorded then variant else '-' end as scope,
        max(collected_at) as retracted_at
    from keyed
    where deleted
    group by
        repo_id,
        deployment_id,
        case when recorded then variant else '-' end
),

standing as (
    select
        keyed.*,
        nullif(
            greatest(
                coalesce(of_id.retracted_at, timestamp '1970-01-01 00:00:00'),
                coalesce(of_place.retracted_at, timestamp '1970-01-01 00:00:00'),
                coalesce(of_one.retracted_at, timestamp '1970-01-01 00:00:00')
            ),
            timestamp '1970-01-01 00:00:00'
        ) as retracted_at
    from keyed
    left join retracted as of_id
        on
            keyed.repo_id = of_id.repo_id
            and keyed.deployment_id = of_id.deployment_id
            and of_id.scope = ''
    left join retracted as of_place
        on
            keyed.repo_id = of_place.repo_id
            and keyed.deployment_id = of_place.deployment_id
            and keyed.place = of_place.scope
    left join retracted as of_one
        on
            keyed.repo_id = of_one.repo_id
            and keyed.deployment_id = of_one.deployment_id
            and of_one.scope = case when keyed.recorded then keyed.variant else '-' end
    where not coalesce(keyed.deleted, false)
),

-- An earlier version did not say which file reported it: what a file says since then takes its place.
counted as (
    select
        standing.*,
        max(case when reported_by is not null then 1 else 0 end) over (
            partition by repo_id, deployment_id, place
        ) as of_files
    from standing
    where
        retracted_at is null
        or retracted_at <= collected_at
),

numbered as (
    select
        counted.*,
        row_number() over (
            partition by repo_id, deployment_id, variant, coalesce(reported_by, '')
            order by
                collected_at desc, created_at desc, coalesce(sha, ''), coalesce(version, ''), coalesce(environment, ''),
                coalesce(application, ''), source
        ) as reading
    from counted
    where
        not recorded
        or reported_by is not null
        or of_files = 0
)

select
    repo_id,
    deployment_id as record_id,
    variant,
    coalesce(reported_by, '') as reported_by,
    application,
    environment,
    production,
    sha,
    version,
    created_at,
    url,
    source,
    collected_at,
    retracted_at,
    written_in
from numbered
where reading = 1
