-- ai_notes: line-level attribution of commits, as a tool recorded it in Git notes
-- grain: one row per commit that has such a note
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: commit
--   ai_lines: lines written by agents
--   human_lines: lines written by known people
--   tools: names of the tools, one a line
-- Notes have no date: as of any time the newest reading counts, as it does for a commit's message.
with numbered as (
    select
        raw_ai_notes.*,
        row_number() over (
            partition by repo_id, sha
            order by
                collected_at desc,
                coalesce(ai_lines, 0) desc,
                coalesce(human_lines, 0) desc,
                coalesce(tools, '')
        ) as reading
    from raw_ai_notes
)

select
    repo_id,
    sha,
    ai_lines,
    human_lines,
    tools
from numbered
where
    reading = 1
    and not coalesce(deleted, false)
