-- foreign_imports: imports that landed changes added or removed, of packages that other repositories of the warehouse publish
-- grain: one row per change, path, module and package
-- key: repo_id, change_id, path, module, package
-- across: packages that other repositories publish
-- columns:
--   repo_id: repository that publishes the package
--   user_repo_id: repository that imports it; one of its manifests requires the package
--   change_id: change of that repository
--   merged_at: when the change landed, UTC
--   path: the source file that imports
--   language: csharp, go, java, python, ruby or script
--   module: what is imported, as written
--   package: what an import of the package begins with
--   folder: where its code is, in the repository that publishes it
--   added: whether the change added the import; false: it removed it
-- A name that two repositories publish (a fork, a copy) means neither, and what a repository publishes itself is its own.
with published as (
    select
        published_packages.language,
        published_packages.name,
        published_packages.module,
        min(published_packages.folder) as folder,
        min(published_packages.repo_id) as repo_id
    from published_packages
    group by
        published_packages.language,
        published_packages.name,
        published_packages.module
    having count(distinct published_packages.repo_id) = 1
),

taken as (
    select distinct
        asked_packages.repo_id as user_repo_id,
        published.language,
        published.repo_id,
        published.module,
        published.folder
    from asked_packages
    inner join published
        on
            asked_packages.language = published.language
            and asked_packages.name = published.name
            and asked_packages.repo_id <> published.repo_id
),

read_imports as (
    select
        imports.repo_id,
        imports.sha,
        imports.path,
        imports.module,
        imports.added,
        case
            when imports.path like '%.py' or imports.path like '%.pyi' then 'python'
            when imports.path like '%.go' then 'go'
            when imports.path like '%.java' then 'java'
            when imports.path like '%.cs' then 'csharp'
            when imports.path like '%.rb' or imports.path like '%.rake' then 'ruby'
            else 'script'
        end as language
    from imports
    inner join (select distinct taken.user_repo_id from taken) as users
        on imports.repo_id = users.user_repo_id
    where imports.kind = 'import'
),

modules as (
    select distinct
        read_imports.repo_id,
        read_imports.language,
        read_imports.module
    from read_imports
),

meant as (
    select
        taken.repo_id,
        taken.user_repo_id,
        taken.language,
        taken.module as package,
        taken.folder,
        modules.module
    from taken
    inner join modules
        on
            taken.user_repo_id = modules.repo_id
            and taken.language = modules.language
            and (
                modules.module = taken.module
                or (
                    left(modules.module, length(taken.module) + 1)
                    = concat(taken.module, case when taken.language in ('go', 'script', 'ruby') then '/' else '.' end)
                )
            )
),

uses as (
    select
        meant.repo_id,
        meant.user_repo_id,
        read_imports.sha,
        read_imports.path,
        meant.language,
        meant.module,
        meant.package,
        meant.folder,
        read_imports.added
    from meant
    inner join read_imports
        on
            meant.user_repo_id = read_imports.repo_id
            and meant.language = read_imports.language
            and meant.module = read_imports.module
),

importing as (
    select distinct
        uses.user_repo_id,
        uses.sha
    from uses
),

owners as (
    select
        changes.repo_id,
        changes.change_id,
        changes.merged_at,
        change_commits.sha
    from changes
    inner join change_commits
        on
            changes.repo_id = change_commits.repo_id
            and changes.change_key = change_commits.change_key
    inner join importing
        on
            change_commits.repo_id = importing.user_repo_id
            and change_commits.sha = importing.sha
    where
        changes.landed_by <> 'squash'
        and changes.merged_at is not null
    union
    select
        changes.repo_id,
        changes.change_id,
        changes.merged_at,
        changes.sha
    from changes
    inner join importing
        on
            changes.repo_id = importing.user_repo_id
            and changes.sha = importing.sha
    where changes.merged_at is not null
)

select
    uses.repo_id,
    uses.user_repo_id,
    owners.change_id,
    min(owners.merged_at) as merged_at,
    uses.path,
    uses.language,
    uses.module,
    uses.package,
    uses.folder,
    sum(case when uses.added then 1 else -1 end) > 0 as added
from uses
inner join owners
    on
        uses.user_repo_id = owners.repo_id
        and uses.sha = owners.sha
inner join commits
    on
        uses.user_repo_id = commits.repo_id
        and uses.sha = commits.sha
inner join report_times
    on uses.user_repo_id = report_times.repo_id
where commits.committed_at <= report_times.as_of
group by
    uses.repo_id,
    uses.user_repo_id,
    owners.change_id,
    uses.path,
    uses.language,
    uses.module,
    uses.package,
    uses.folder
having sum(case when uses.added then 1 else -1 end) <> 0
