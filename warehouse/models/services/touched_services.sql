-- touched_services: the services that each change of a repository with several services touches
-- grain: one row per repository, change and service; a change that touches no service has none
-- key: repo_id, change_key, service
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   service: its name
--   shared: it touches the service by shared or unlisted paths alone, or its files are not known
with counted as (
    select
        repo_id,
        count(*) as services,
        max(service) as service
    from services
    group by repo_id
),

-- Without any files of a repository, or any commit of a change, what it touches is not known: it may be every service.
listed as (
    select distinct repo_id
    from commit_files
),

read as (
    select distinct
        change_commits.repo_id,
        change_commits.change_key
    from change_commits
    inner join listed
        on change_commits.repo_id = listed.repo_id
    union
    select distinct
        change_landings.repo_id,
        change_landings.change_key
    from change_landings
    inner join commits
        on
            change_landings.repo_id = commits.repo_id
            and change_landings.landing_sha = commits.sha
    inner join listed
        on change_landings.repo_id = listed.repo_id
),

without_files as (
    select
        change_landings.repo_id,
        change_landings.change_key,
        counted.services,
        read.change_key is not null as is_read
    from change_landings
    inner join counted
        on change_landings.repo_id = counted.repo_id
    left join (select distinct service_files.repo_id, service_files.change_key from service_files) as filed
        on
            change_landings.repo_id = filed.repo_id
            and change_landings.change_key = filed.change_key
    left join read
        on
            change_landings.repo_id = read.repo_id
            and change_landings.change_key = read.change_key
    where
        counted.service <> ''
        and filed.change_key is null
),

-- From when to when a change was written, for services that live for a time; what is open was not yet written to its end.
timed as (
    select
        change_landings.repo_id,
        change_landings.change_key,
        change_landings.landed_at,
        coalesce(
            least(heads.committed_at, change_landings.landed_at), change_landings.landed_at, report_times.as_of
        ) as written_at
    from change_landings
    inner join report_times
        on change_landings.repo_id = report_times.repo_id
    inner join (select distinct service_lives.repo_id from service_lives) as living
        on change_landings.repo_id = living.repo_id
    left join commits as heads
        on
            change_landings.repo_id = heads.repo_id
            and change_landings.head_sha = heads.sha
),

owned as (
    select
        service_files.repo_id,
        service_files.change_key,
        path_services.service,
        min(case when path_services.shared then 1 else 0 end) = 1 as shared
    from service_files
    inner join path_services
        on
            service_files.repo_id = path_services.repo_id
            and service_files.path = path_services.path
    group by
        service_files.repo_id,
        service_files.change_key,
        path_services.service
),

marked as (
    select
        owned.repo_id,
        owned.change_key,
        owned.service,
        owned.shared,
        coalesce(
            service_lives.service is not null
            and (service_lives.since_at is null or service_lives.until_at < coalesce(timed.landed_at, timed.written_at)),
            false
        ) as ended,
        coalesce(service_lives.gone, false) as gone,
        service_lives.successor
    from owned
    left join service_lives
        on
            owned.repo_id = service_lives.repo_id
            and owned.service = service_lives.service
    left join timed
        on
            owned.repo_id = timed.repo_id
            and owned.change_key = timed.change_key
),

-- What lies in a folder that is gone ships with the service to which its files went.
inherited as (
    select
        marked.repo_id,
        marked.change_key,
        marked.service,
        service_lives.service as successor
    from marked
    inner join timed
        on
            marked.repo_id = timed.repo_id
            and marked.change_key = timed.change_key
    inner join service_lives
        on
            marked.repo_id = service_lives.repo_id
            and marked.successor = service_lives.service
    where
        marked.ended
        and marked.gone
        and service_lives.since_at is not null
        and (service_lives.until_at is null or service_lives.until_at >= coalesce(timed.landed_at, timed.written_at))
),

-- Changes of which some path is listed by no service: a lock or a list of packages says so only where no other path is.
loose_parts as (
    select
        service_files.repo_id,
        service_files.change_key,
        max(case when not deployable_paths.listed and not deployable_paths.companion then 1 else 0 end) = 1
        or max(case when deployable_paths.listed then 1 else 0 end) = 0 as unlisted
    from service_files
    inner join deployable_paths
        on
            service_files.repo_id = deployable_paths.repo_id
            and service_files.path = deployable_paths.path
    group by
        service_files.repo_id,
        service_files.change_key
    union all
    select
        repo_id,
        change_key,
        true as unlisted
    from without_files
    where not is_read
    union all
    -- What became of another folder that is gone is not known: it may be in any other, unless what else is touched goes on.
    select
        marked.repo_id,
        marked.change_key,
        min(case when marked.ended then 1 else 0 end) = 1
        and max(case when inherited.successor is not null then 1 else 0 end) = 0
        and max(case when marked.ended and marked.gone then 1 else 0 end) = 1 as unlisted
    from marked
    left join inherited
        on
            marked.repo_id = inherited.repo_id
            and marked.change_key = inherited.change_key
            and marked.service = inherited.service
    group by
        marked.repo_id,
        marked.change_key
),

loose as (
    select
        repo_id,
        change_key,
        max(case when unlisted then 1 else 0 end) = 1 as unlisted
    from loose_parts
    group by
        repo_id,
        change_key
),

-- Such a change belongs to the services that lived when it was written.
living as (
    select
        loose.repo_id,
        loose.change_key,
        service_lives.service
    from loose
    inner join timed
        on
            loose.repo_id = timed.repo_id
            and loose.change_key = timed.change_key
    inner join service_lives
        on loose.repo_id = service_lives.repo_id
    where
        (loose.unlisted or service_lives.everything)
        and service_lives.since_at <= timed.written_at
        and (service_lives.until_at is null or service_lives.until_at >= timed.landed_at)
),

alive as (
    select
        repo_id,
        change_key,
        service,
        shared
    from marked
    where not ended
    union all
    select
        repo_id,
        change_key,
        successor as service,
        false as shared
    from inherited
    union all
    select
        repo_id,
        change_key,
        service,
        true as shared
    from living
),

served as (
    select distinct
        repo_id,
        change_key
    from alive
),

-- What was written before all of them belongs to those that were deployed next, which tells what became of it.
following as (
    select
        timed.repo_id,
        timed.change_key,
        min(service_lives.since_at) as since_at
    from timed
    inner join service_lives
        on
            timed.repo_id = service_lives.repo_id
            and timed.written_at < service_lives.since_at
    group by
        timed.repo_id,
        timed.change_key
),

-- What touches nothing that lives belongs to what has ended; with nothing that lived at all, to what came next, or to all.
other as (
    select
        marked.repo_id,
        marked.change_key,
        marked.service,
        marked.shared
    from marked
    left join served
        on
            marked.repo_id = served.repo_id
            and marked.change_key = served.change_key
    where
        marked.ended
        and served.change_key is null
    union all
    select
        loose.repo_id,
        loose.change_key,
        service_lives.service,
        true as shared
    from loose
    inner join service_lives
        on loose.repo_id = service_lives.repo_id
    left join following
        on
            loose.repo_id = following.repo_id
            and loose.change_key = following.change_key
    left join served
        on
            loose.repo_id = served.repo_id
            and loose.change_key = served.change_key
    left join (select distinct owned.repo_id, owned.change_key from owned) as listed_changes
        on
            loose.repo_id = listed_changes.repo_id
            and loose.change_key = listed_changes.change_key
    where
        served.change_key is null
        and listed_changes.change_key is null
        and (following.since_at is null or service_lives.since_at = following.since_at)
),

-- Services of settings that take listed paths alone.
plain as (
    select
        without_files.repo_id,
        without_files.change_key,
        services.service,
        true as shared
    from without_files
    inner join services
        on without_files.repo_id = services.repo_id
    where
        not services.unlisted
        and (not without_files.is_read or without_files.services = 1)
),

touched as (
    select * from alive
    union all
    select * from other
    union all
    select * from plain
)

select
    repo_id,
    change_key,
    service,
    min(case when shared then 1 else 0 end) = 1 as shared
from touched
group by
    repo_id,
    change_key,
    service
