-- default_tips: the newest commit of each default branch
-- grain: one row per repository whose default branch is known
-- key: repo_id
-- columns:
--   repo_id: repository
--   sha: commit
select
    refs.repo_id,
    max(refs.sha) as sha
from refs
inner join repository_settings
    on
        refs.repo_id = repository_settings.repo_id
        and refs.name = repository_settings.default_branch
where
    refs.kind = 'branch'
    and refs.sha is not null
group by refs.repo_id
