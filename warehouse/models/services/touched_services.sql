-- touched_services: the services that each change of a repository with several services touches
-- grain: one row per repository, change and service; a change that touches no service has none
-- key: repo_id, change_key, service
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   service: its name
--   shared: it touches the service by shared paths alone
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
)

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
union all
select
    without_files.repo_id,
    without_files.change_key,
    services.service,
    true as shared
from without_files
inner join services
    on without_files.repo_id = services.repo_id
where
    not without_files.is_read
    or without_files.services = 1
