-- change_services: the services that each change touches
-- grain: one row per repository, change and service; a change that touches no service has none
-- key: repo_id, change_key, service
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   service: its name, empty where the repository is one service
--   shared: it touches the service by shared paths alone
select
    change_landings.repo_id,
    change_landings.change_key,
    services.service,
    false as shared
from change_landings
inner join services
    on change_landings.repo_id = services.repo_id
where services.service = ''
union all
select
    repo_id,
    change_key,
    service,
    shared
from touched_services
