-- carriages: pull requests that were merged into the branch of another one, which has their merge among its commits
-- grain: one row per repository, pull request and pull request that carries it
-- columns:
--   repo_id: repository
--   number: the one that was merged into a branch
--   carrier: the one of that branch
--   merged_at: the carrier was merged into its base, UTC
--   elsewhere: and that base is not the default branch
--   abandoned_at: the carrier was closed unmerged, UTC
select distinct
    merged_elsewhere.repo_id,
    merged_elsewhere.number,
    pull_request_commits.number as carrier,
    pull_request_milestones.merged_at,
    further.number is not null as elsewhere,
    pull_request_milestones.abandoned_at
from merged_elsewhere
inner join pull_request_commits
    on
        merged_elsewhere.repo_id = pull_request_commits.repo_id
        and merged_elsewhere.merge_sha = pull_request_commits.sha
        and merged_elsewhere.number <> pull_request_commits.number
inner join pull_request_milestones
    on
        pull_request_commits.repo_id = pull_request_milestones.repo_id
        and pull_request_commits.number = pull_request_milestones.number
left join merged_elsewhere as further
    on
        pull_request_commits.repo_id = further.repo_id
        and pull_request_commits.number = further.number
