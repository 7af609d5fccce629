-- change_quality: how maintainable changes left the code, as PyDriller measures their commits
-- grain: one row per repository and change with a measured commit
-- key: repo_id, change_key
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   commits: commits measured
--   dmm: delta maintainability, the mean over its commits, 0 (hard) to 1 (easy); null where it touches no known language
--   complexity: the highest cyclomatic complexity of a file that it changed, null likewise
select
    commit_owners.repo_id,
    commit_owners.change_key,
    count(*) as commits,
    avg(measured_commits.dmm) as dmm,
    max(measured_commits.complexity) as complexity
from commit_owners
inner join measured_commits
    on
        commit_owners.repo_id = measured_commits.repo_id
        and commit_owners.sha = measured_commits.sha
group by
    commit_owners.repo_id,
    commit_owners.change_key
