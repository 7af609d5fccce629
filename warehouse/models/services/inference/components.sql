-- components: packages and catalogued components in the newest tip of the default branch
-- grain: one row per repository, file and name
-- key: repo_id, path, name
-- columns:
--   repo_id: repository
--   path: the file that names it, empty for the repository itself (its components were read)
--   folder: the folder that it is in, empty for the root
--   name: package name, module path or name in the catalogue
--   ecosystem: npm, cargo, go, maven, gradle, python, nx, backstage, helm, docker or repository
with readings as (
    select
        repo_id,
        max(collected_at) as read_at
    from raw_components
    group by repo_id
)

select distinct
    raw_components.repo_id,
    raw_components.path,
    raw_components.folder,
    raw_components.name,
    raw_components.ecosystem
from raw_components
inner join readings
    on
        raw_components.repo_id = readings.repo_id
        and raw_components.collected_at = readings.read_at
