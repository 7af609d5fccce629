-- past_files: the paths of repositories that are reported as of a time before all that is known of them
-- grain: one row per repository and path that was there by then, and one per move of a file
-- key: repo_id, path, old_path
-- columns:
--   repo_id: repository
--   path: path
--   old_path: where the file was before it was moved here, empty in the row of the path itself
--   alive: the path is there at that time, by the date of its last commit
with past as (
    select
        repo_id,
        as_of
    from report_times
    where as_of < watermark_at
),

files as (
    select
        commit_files.repo_id,
        commit_files.sha,
        commit_files.status,
        commit_files.path,
        commit_files.old_path,
        commits.committed_at
    from commit_files
    inner join past
        on commit_files.repo_id = past.repo_id
    inner join commits
        on
            commit_files.repo_id = commits.repo_id
            and commit_files.sha = commits.sha
    where commits.committed_at <= past.as_of
),

states as (
    select
        repo_id,
        path,
        sha,
        committed_at,
        case when status = 'D' then 0 else 1 end as alive
    from files
    union all
    select
        repo_id,
        old_path as path,
        sha,
        committed_at,
        0 as alive
    from files
    where status = 'R'
),

newest as (
    select
        states.*,
        row_number() over (
            partition by repo_id, path
            order by committed_at desc, alive desc, sha
        ) as age
    from states
)

select
    repo_id,
    path,
    '' as old_path,
    alive = 1 as alive
from newest
where age = 1
union all
select distinct
    repo_id,
    path,
    old_path,
    false as alive
from files
where status = 'R'
