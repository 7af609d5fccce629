-- reported_commits: own commits of changes, as a forge reports them, where Git does not have them
-- grain: one row per repository, change and commit
-- key: repo_id, change_key, sha
-- columns:
--   repo_id: repository
--   change_key: `#<number>`
--   sha: commit
--   author_name: author
--   author_email: author's address
--   authored_at: author date, UTC
--   committed_at: committer date, UTC
--   message: whole message
with owners as (
    select distinct
        repo_id,
        change_key
    from change_commits
)
select
    change_reports.repo_id,
    change_reports.change_key,
    pull_request_commits.sha,
    pull_request_commits.author_name,
    pull_request_commits.author_email,
    pull_request_commits.authored_at,
    pull_request_commits.committed_at,
    pull_request_commits.message
from change_reports
inner join pull_request_commits
    on
        change_reports.repo_id = pull_request_commits.repo_id
        and change_reports.number = pull_request_commits.number
inner join report_times
    on change_reports.repo_id = report_times.repo_id
left join owners
    on
        change_reports.repo_id = owners.repo_id
        and change_reports.change_key = owners.change_key
where
    owners.change_key is null
    and change_reports.forge
    and pull_request_commits.parents < 2
    and pull_request_commits.committed_at <= report_times.as_of
