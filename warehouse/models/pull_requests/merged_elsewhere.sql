-- merged_elsewhere: pull requests that were merged into another branch than the default one
-- grain: one row per repository and pull request
-- key: repo_id, number
-- columns:
--   repo_id: repository
--   number: pull request
--   merge_sha: the commit by which it was merged there
select
    pull_request_milestones.repo_id,
    pull_request_milestones.number,
    pull_requests.merge_sha
from pull_request_milestones
inner join pull_requests
    on
        pull_request_milestones.repo_id = pull_requests.repo_id
        and pull_request_milestones.number = pull_requests.number
inner join repository_settings
    on pull_request_milestones.repo_id = repository_settings.repo_id
where
    pull_request_milestones.merged_at is not null
    and repository_settings.default_branch <> ''
    and coalesce(pull_requests.base_ref, '') not in ('', repository_settings.default_branch)
