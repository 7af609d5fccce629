-- ai_usage: what AI tools recorded of their use, newest reading
-- grain: one row per commit, or author and day, and tool, in a repository or (empty repo_id) in any
-- key: repo_id, sha, author, used_on, tool
-- columns:
--   repo_id: repository, empty where the export names none
--   sha: commit, empty for an author's day
--   author: e-mail address or log-in in small letters; of a commit empty where the tool does not report it
--   used_on: the day in UTC, as 2026-01-31; empty for a commit
--   tool: name of the tool
--   ai_lines: lines that the tool wrote or that were accepted from it, null where not known
--   human_lines: lines of the commit that the tool did not write, null where not known
--   uses: sessions, requests or accepted suggestions of the day, null where not known
--   cost_usd: estimated cost in US dollars, null where not known
-- Exports have no date of their own: as of any time the newest reading counts, as it does for notes of commits.
with numbered as (
    select
        raw_ai_usage.*,
        row_number() over (
            partition by
                repo_id,
                sha,
                case when sha = '' then author else '' end,
                day,
                tool
            order by
                collected_at desc,
                coalesce(ai_lines, 0) desc,
                coalesce(human_lines, 0) desc,
                coalesce(uses, 0) desc,
                coalesce(cost_usd, 0) desc,
                author
        ) as reading
    from raw_ai_usage
)

select
    repo_id,
    sha,
    author,
    coalesce(cast(cast(day as date) as string), '') as used_on,
    tool,
    ai_lines,
    human_lines,
    uses,
    cost_usd
from numbered
where reading = 1
