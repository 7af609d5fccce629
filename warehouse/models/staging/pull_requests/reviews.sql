-- reviews: reviews that were submitted
-- grain: one row per repository, pull request and review
-- key: repo_id, number, review_id
-- columns:
--   repo_id: repository
--   number: pull request
--   review_id: the forge's id
--   author: log-in, null where the account is gone
--   author_kind: person, bot, or null where the account is gone
--   state: approved, changes_requested, commented or dismissed, when it was read
--   submitted_at: UTC
--   sha: the commit that was reviewed
--   comments: comments on lines
with numbered as (
    select
        raw_reviews.*,
        row_number() over (
            partition by raw_reviews.repo_id, raw_reviews.number, raw_reviews.review_id
            order by raw_reviews.submitted_at, coalesce(raw_reviews.state, ''), coalesce(raw_reviews.sha, '')
        ) as reading
    from raw_reviews
    inner join pull_requests
        on
            raw_reviews.repo_id = pull_requests.repo_id
            and raw_reviews.number = pull_requests.number
            and raw_reviews.collected_at = pull_requests.collected_at
    where raw_reviews.submitted_at is not null
)
select
    repo_id,
    number,
    review_id,
    author,
    author_kind,
    state,
    submitted_at,
    sha,
    comments
from numbered
where reading = 1
