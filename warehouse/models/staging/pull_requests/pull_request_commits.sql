-- pull_request_commits: commits on the heads of pull requests, without those that a force push removed
-- grain: one row per repository, pull request and commit
-- key: repo_id, number, sha
-- columns:
--   repo_id: repository
--   number: pull request
--   sha: commit
--   parents: number of parents
--   authored_at: author date, UTC; a date later than the reading of it is set to that
--   committed_at: committer date, UTC, likewise
--   author_name: author
--   author_email: author's address
--   author_login: author's log-in, null where the forge knows no account
--   message: whole message
with numbered as (
    select
        raw_pull_request_commits.*,
        row_number() over (
            partition by
                raw_pull_request_commits.repo_id, raw_pull_request_commits.number, raw_pull_request_commits.sha
            order by raw_pull_request_commits.position, coalesce(raw_pull_request_commits.author_login, '')
        ) as reading
    from raw_pull_request_commits
    inner join pull_requests
        on
            raw_pull_request_commits.repo_id = pull_requests.repo_id
            and raw_pull_request_commits.number = pull_requests.number
            and raw_pull_request_commits.collected_at = pull_requests.collected_at
)
select
    repo_id,
    number,
    sha,
    coalesce(parents, 1) as parents,
    least(authored_at, collected_at) as authored_at,
    least(committed_at, collected_at) as committed_at,
    author_name,
    author_email,
    author_login,
    message
from numbered
where reading = 1
