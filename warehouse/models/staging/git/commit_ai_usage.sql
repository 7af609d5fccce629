-- commit_ai_usage: commits joined to what AI tools recorded: by commit, else by author and day
-- grain: one row per commit, tier and tool
-- key: repo_id, sha, tier, tool
-- across: exports name commits and authors, of whatever repository
-- columns:
--   repo_id: repository
--   sha: commit
--   tier: commit (the tool recorded this commit) or author_day (its author used the tool on the day of its author date, UTC)
--   tool: name of the tool
--   ai_lines: of a commit: lines that the tool wrote; of an author's day: null, they are not lines of this commit
--   human_lines: of a commit: lines that the tool did not write, null where not known
--   cost_usd: of a commit: estimated cost in US dollars, null where not known
-- An author's day joins by e-mail address, or by a GitHub log-in in the author's noreply address, or by the digest of
-- both where no names are stored. Names join nothing.
with people as (
    select
        repo_id,
        sha,
        lower(author_email) as email,
        regexp_extract(lower(author_email), '^([0-9]+[+])?([^@+]+)@users[.]noreply[.]github[.]com$', 2) as login,
        author_day,
        cast(cast(authored_at as date) as string) as authored_on
    from commits
),

joined as (
    select
        commits.repo_id,
        commits.sha,
        'commit' as tier,
        ai_usage.tool,
        ai_usage.ai_lines,
        ai_usage.human_lines,
        ai_usage.cost_usd
    from ai_usage
    inner join commits
        on ai_usage.sha = commits.sha
    where
        ai_usage.sha != ''
        and ai_usage.ai_lines > 0
        and (ai_usage.repo_id = '' or lower(ai_usage.repo_id) = lower(commits.repo_id))
    union all
    select
        people.repo_id,
        people.sha,
        'author_day' as tier,
        ai_usage.tool,
        null as ai_lines,
        null as human_lines,
        null as cost_usd
    from ai_usage
    inner join people
        on
            ai_usage.used_on = people.authored_on
            and ai_usage.author in (people.email, people.login, people.author_day)
    where
        ai_usage.sha = ''
        and ai_usage.author != ''
        and coalesce(ai_usage.uses, ai_usage.ai_lines, 1) > 0
        and (ai_usage.repo_id = '' or lower(ai_usage.repo_id) = lower(people.repo_id))
)

select
    repo_id,
    sha,
    tier,
    tool,
    cast(sum(ai_lines) as bigint) as ai_lines,
    cast(sum(human_lines) as bigint) as human_lines,
    sum(cost_usd) as cost_usd
from joined
group by
    repo_id,
    sha,
    tier,
    tool
