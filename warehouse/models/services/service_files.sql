-- service_files: the paths that each change of a repository with several services touches
-- grain: one row per repository, change and path
-- key: repo_id, change_key, path
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   path: a path that it changes, or the one from which it moves a file
with several as (
    select distinct repo_id
    from services
    where service <> ''
),

-- A squash ships what it lands; another change ships what is its own, which a merge may have brought with more.
landed as (
    select
        change_landings.repo_id,
        change_landings.change_key,
        landed_commits.sha
    from change_landings
    inner join several
        on change_landings.repo_id = several.repo_id
    inner join landed_commits
        on
            change_landings.repo_id = landed_commits.repo_id
            and change_landings.change_key = landed_commits.change_key
    where change_landings.landed_by in ('squash', 'rebase', 'direct')
),

own as (
    select
        change_commits.repo_id,
        change_commits.change_key,
        change_commits.sha
    from change_commits
    inner join several
        on change_commits.repo_id = several.repo_id
    -- A request of which only the commits were read is no change yet.
    inner join change_landings
        on
            change_commits.repo_id = change_landings.repo_id
            and change_commits.change_key = change_landings.change_key
    left join (select distinct landed.repo_id, landed.change_key from landed) as shipped
        on
            change_commits.repo_id = shipped.repo_id
            and change_commits.change_key = shipped.change_key
    where shipped.change_key is null
),

touched as (
    select
        repo_id,
        change_key,
        sha
    from landed
    union all
    select
        repo_id,
        change_key,
        sha
    from own
)

select
    touched.repo_id,
    touched.change_key,
    commit_files.path
from touched
inner join commit_files
    on
        touched.repo_id = commit_files.repo_id
        and touched.sha = commit_files.sha
union
select
    touched.repo_id,
    touched.change_key,
    commit_files.old_path as path
from touched
inner join commit_files
    on
        touched.repo_id = commit_files.repo_id
        and touched.sha = commit_files.sha
where commit_files.status = 'R'
