-- change_sizes: number and times of each change's own commits
-- grain: one row per repository and change whose own commits are known
-- key: repo_id, change_key
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   commits: own commits that are no merges, made by the time of the report
--   first_commit_at: earliest author date among them that can be one: none before 1971, nor before Git unless the
--     committer date is so too, UTC
--   last_commit_at: latest committer date among them no later than the landing and the report, UTC
--   last_seen_commit_at: latest committer date among them no later than the report, UTC
with landed as (
    select
        landings.repo_id,
        landings.change_key,
        commits.committed_at as landed_at
    from landings
    left join commits
        on
            landings.repo_id = commits.repo_id
            and landings.landing_sha = commits.sha
    where landings.branch_commits in ('joined', 'landing')
)
select
    landed.repo_id,
    landed.change_key,
    count(*) as commits,
    min(
        case
            -- 2005-04-07, when Git began, and 1971.
            when unix_micros(commits.authored_at) >= 1112832000000000 then commits.authored_at
            when
                unix_micros(commits.authored_at) >= 31536000000000
                and unix_micros(commits.committed_at) < 1112832000000000
                then commits.authored_at
        end
    ) as first_commit_at,
    max(
        case
            when commits.committed_at > landed.landed_at then null
            when unix_micros(commits.committed_at) >= 31536000000000
                then commits.committed_at
        end
    ) as last_commit_at,
    max(commits.committed_at) as last_seen_commit_at
from landed
inner join change_commits
    on
        landed.repo_id = change_commits.repo_id
        and landed.change_key = change_commits.change_key
inner join commits
    on
        change_commits.repo_id = commits.repo_id
        and change_commits.sha = commits.sha
inner join report_times
    on landed.repo_id = report_times.repo_id
where
    commits.parents not like '% %'
    and commits.committed_at <= report_times.as_of
group by
    landed.repo_id,
    landed.change_key
