-- traced_fixes: fixes whose removed lines were traced to the commits that wrote them, as last read
-- grain: one row per repository and fix
-- key: repo_id, sha
-- columns:
--   repo_id: repository
--   sha: the commit by which the fix landed
--   base_sha: what the default branch was before it
--   outcome: traced, nothing (it removed no code), too_large, timeout, failed or no_contents
--   files: files of code from which it removed lines
--   lines: lines of code that it removed
--   lines_unknown: those that lead to where the history is cut off
--   read_at: when that was read, UTC
with numbered as (
    select
        raw_traced_fixes.*,
        row_number() over (
            partition by repo_id, sha
            order by
                collected_at desc, coalesce(base_sha, ''), coalesce(outcome, ''), lines desc, files desc,
                lines_unknown desc
        ) as reading
    from raw_traced_fixes
)

select
    repo_id,
    sha,
    base_sha,
    outcome,
    files,
    lines,
    lines_unknown,
    collected_at as read_at
from numbered
where reading = 1
