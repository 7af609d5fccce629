-- measured_commits: what PyDriller measured of commits, as last read
-- grain: one row per repository and commit
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
--   dmm: delta maintainability, the mean of its three proportions, 0 (hard) to 1 (easy); null where it knows no language
--   complexity: the highest cyclomatic complexity of a file that it changed, null likewise
with numbered as (
    select
        raw_commit_quality.*,
        row_number() over (
            partition by repo_id, sha
            order by
                collected_at desc, dmm_unit_size desc, dmm_unit_complexity desc, dmm_unit_interfacing desc,
                complexity desc
        ) as reading
    from raw_commit_quality
)

select
    repo_id,
    sha,
    (dmm_unit_size + dmm_unit_complexity + dmm_unit_interfacing) / 3e0 as dmm,
    complexity
from numbered
where reading = 1
