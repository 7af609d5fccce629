-- commits: every commit that was read, once
-- grain: one row per repository and commit
-- key: repo_id, sha
-- columns:
--   repo_id: repository, `<provider>:<repo>`
--   sha: full commit id
--   parents: full ids separated by one space, first parent first; empty for a root
--   author_name: as recorded
--   author_email: as recorded
--   authored_at: author date, UTC
--   author_utc_offset_minutes: the author's zone, minutes east of UTC
--   committer_name: as recorded
--   committer_email: as recorded
--   committed_at: committer date, UTC; a date later than the reading of it is set to that
--   message: whole message
--   collected_at: when the run that first read it began, UTC
--   tree: full object id of its tree, null where it was read without
--   author_day: digest of author and author day where no names are stored, else null
with numbered as (
    select
        raw_commits.*,
        -- Git and a forge may have read it in the same run, and spell it differently.
        row_number() over (
            partition by repo_id, sha
            order by
                collected_at,
                parents desc,
                author_utc_offset_minutes,
                message,
                author_name,
                author_email,
                committer_name,
                committer_email,
                authored_at,
                committed_at
        ) as reading,
        -- An earlier version read no trees.
        max(tree) over (partition by repo_id, sha) as only_tree
    from raw_commits
)
select
    repo_id,
    sha,
    parents,
    author_name,
    author_email,
    least(authored_at, collected_at) as authored_at,
    author_utc_offset_minutes,
    committer_name,
    committer_email,
    least(committed_at, collected_at) as committed_at,
    message,
    collected_at,
    only_tree as tree,
    author_day
from numbered
where reading = 1
