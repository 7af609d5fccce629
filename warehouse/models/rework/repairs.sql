-- repairs: which landed change fixed which: by the lines that it replaced, or because it reverted it
-- grain: one row per repository, fixing change and fixed change
-- key: repo_id, fix_key, change_key
-- columns:
--   repo_id: repository
--   fix_key: the change that fixes: `#<number>` or `@<sha>`
--   change_key: the change that is fixed
--   kind: revert, hotfix, incident or fix: the type of the fixing change
--   lines: lines of code of the fixed change that it removed, null where only its text says that it fixes it
--   share: share of the lines of code that it removed and whose author is known: those of this change; null likewise
--   repaired_at: when the fixing change landed, UTC
--   at_fault: of all changes whose lines it removed, this one wrote most (of several, the newest); always true for a revert
with traced as (
    select distinct
        fixes.repo_id,
        fixes.change_key as fix_key,
        raw_repairs.path,
        raw_repairs.repaired_sha,
        raw_repairs.lines
    from fixes
    inner join traced_fixes
        on
            fixes.repo_id = traced_fixes.repo_id
            and fixes.landing_sha = traced_fixes.sha
            and fixes.base_sha = traced_fixes.base_sha
    inner join raw_repairs
        on
            traced_fixes.repo_id = raw_repairs.repo_id
            and traced_fixes.sha = raw_repairs.sha
            and traced_fixes.read_at = raw_repairs.collected_at
    where fixes.kind <> 'revert'
),

by_lines as (
    select
        traced.repo_id,
        traced.fix_key,
        commit_owners.change_key,
        sum(traced.lines) as lines
    from traced
    inner join commit_owners
        on
            traced.repo_id = commit_owners.repo_id
            and traced.repaired_sha = commit_owners.sha
    group by
        traced.repo_id,
        traced.fix_key,
        commit_owners.change_key
),

removed as (
    select
        repo_id,
        fix_key,
        sum(lines) as lines
    from traced
    group by
        repo_id,
        fix_key
),

told as (
    select
        by_lines.repo_id,
        by_lines.fix_key,
        by_lines.change_key,
        by_lines.lines,
        by_lines.lines * 1e0 / nullif(removed.lines, 0) as share
    from by_lines
    inner join removed
        on
            by_lines.repo_id = removed.repo_id
            and by_lines.fix_key = removed.fix_key
    where by_lines.fix_key <> by_lines.change_key
    union all
    select
        changes.repo_id,
        changes.reverted_by as fix_key,
        changes.change_key,
        null as lines,
        null as share
    from changes
    inner join fixes
        on
            changes.repo_id = fixes.repo_id
            and changes.reverted_by = fixes.change_key
    where
        fixes.kind = 'revert'
        and changes.reverted_by <> changes.change_key
),

landed as (
    select
        told.repo_id,
        told.fix_key,
        told.change_key,
        fixes.kind,
        cast(told.lines as bigint) as lines,
        told.share,
        mending.merged_at as repaired_at,
        row_number() over (
            partition by told.repo_id, told.fix_key
            order by told.lines desc, mended.merged_at desc, told.change_key desc
        ) as place
    from told
    inner join fixes
        on
            told.repo_id = fixes.repo_id
            and told.fix_key = fixes.change_key
    inner join changes as mending
        on
            told.repo_id = mending.repo_id
            and told.fix_key = mending.change_key
    inner join changes as mended
        on
            told.repo_id = mended.repo_id
            and told.change_key = mended.change_key
    where
        mending.merged_at is not null
        and mended.merged_at is not null
)

select
    repo_id,
    fix_key,
    change_key,
    kind,
    lines,
    share,
    repaired_at,
    lines is null
    or place = 1 as at_fault
from landed
