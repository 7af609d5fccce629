-- stacked_pull_requests: pull requests merged into the branch of another one, whose commits include that merge
-- grain: one row per repository, stacked pull request and pull request that contains it
-- key: repo_id, number, carrier
-- columns:
--   repo_id: repository
--   number: the stacked pull request, merged into the branch of the other one
--   carrier: the pull request of that branch
--   merged_at: the carrier was merged into its base, UTC
--   elsewhere: that base is not the default branch
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
