-- revert_requests: merged pull requests whose text may say that they revert another one
-- grain: one row per repository and pull request
-- key: repo_id, number
-- columns:
--   repo_id: repository
--   number: pull request
--   title: title
--   body: description
--   merged_at: UTC
select
    pull_request_milestones.repo_id,
    pull_request_milestones.number,
    pull_requests.title,
    pull_requests.body,
    pull_request_milestones.merged_at
from pull_request_milestones
inner join pull_requests
    on
        pull_request_milestones.repo_id = pull_requests.repo_id
        and pull_request_milestones.number = pull_requests.number
where
    pull_request_milestones.merged_at is not null
    and (
        lower(pull_requests.body) like '%revert%'
        or lower(pull_requests.title) like '%revert%'
    )
