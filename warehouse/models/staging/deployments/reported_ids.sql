-- reported_ids: deployments as the systems that make them report them, each under an id of its own
-- grain: one row per repository and deployment
-- key: repo_id, deployment_id
-- columns:
--   repo_id: repository
--   deployment_id: the reported id; where it stands for several deployments, with the environment, and the commit if
--     needed, behind it
--   record_id: the id as reported
--   variant: environment and commit of a record, empty for a system whose ids are unique
--   deployments_of_id: deployments that are reported under this id
--   application: what was deployed, empty where the repository is one application
--   environment: as named by the system
--   production: the system's own flag, null where it has none
--   sha: deployed commit, null where only a version is known
--   version: tag or version, null where only a commit is known
--   created_at: when the attempt began, UTC; null where the report does not say
--   url: web address
--   source: the collector that reported it
--   collected_at: when it was read, UTC
--   written_in: file and line that report it, null where a system does
with keyed as (
    select
        raw_deployments.*,
        -- A pipeline run may be the id of all of its deployments: what a record is about is its commit in an environment.
        case
            when coalesce(source, '') <> 'records' then ''
            when environment is null and sha is null and version is null then ''
            else concat(coalesce(environment, ''), ' @ ', coalesce(lower(sha), version, ''))
        end as variant
    from raw_deployments
),

numbered as (
    select
        keyed.*,
        row_number() over (
            partition by repo_id, deployment_id, variant
            order by
                collected_at desc, coalesce(deleted, false), created_at desc, coalesce(sha, ''), coalesce(version, ''),
                coalesce(environment, ''), coalesce(application, ''), source
        ) as reading
    from keyed
),

-- Retracted by its id alone: all that was reported under it before.
retracted as (
    select
        repo_id,
        deployment_id,
        max(collected_at) as retracted_at
    from numbered
    where
        deleted
        and variant = ''
        and source = 'records'
    group by
        repo_id,
        deployment_id
),

reported as (
    select
        numbered.*,
        -- The same deployment in records and as its own system reports it.
        row_number() over (
            partition by
                numbered.repo_id, numbered.deployment_id, coalesce(numbered.environment, ''),
                coalesce(lower(numbered.sha), numbered.version, '')
            order by numbered.collected_at desc, numbered.source
        ) as telling
    from numbered
    left join retracted
        on
            numbered.repo_id = retracted.repo_id
            and numbered.deployment_id = retracted.deployment_id
    where
        numbered.reading = 1
        and not coalesce(numbered.deleted, false)
        and (retracted.retracted_at is null or retracted.retracted_at <= numbered.collected_at)
),

counted as (
    select
        reported.*,
        count(*) over (partition by repo_id, deployment_id) as of_id,
        count(*) over (partition by repo_id, deployment_id, coalesce(environment, '')) as of_environment
    from reported
    where telling = 1
),

named as (
    select
        counted.*,
        case
            when of_id = 1 then deployment_id
            when of_environment = 1 then concat(deployment_id, ' (', coalesce(environment, ''), ')')
            else
                concat(
                    deployment_id, ' (', coalesce(environment, ''), ', ', coalesce(lower(sha), version, ''), ')'
                )
        end as own_id
    from counted
),

told_apart as (
    select
        named.*,
        deployment_id as record_id,
        -- Somebody may call a deployment what another one is called here.
        row_number() over (partition by repo_id, own_id order by of_id, deployment_id, variant) as again
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
    created_at,
    url,
    source,
    collected_at,
    written_in
from told_apart
