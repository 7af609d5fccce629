-- change_landings: where and when each change landed, from Git and from reports, and the commits that identify it
-- grain: one row per repository and change
-- key: repo_id, change_key
-- columns:
--   repo_id: repository
--   change_key: `#<number>` or `@<sha>`
--   number: pull request number, null without one
--   landing_sha: the commit by which it is on the default branch, null while it is not known to be there
--   head_sha: last commit of its own branch, or the one by which it was merged elsewhere; null where neither shows anything
--   landed_at: UTC
--   landing_authored_at: author date of the landing commit, or its committer date where that cannot be one, UTC
--   landed_by: merge, squash, rebase, direct, nested (with another pull request), report; open where it has not landed
--   branch_commits: joined, landing, no_ref, empty, squashed, closed, not_believed; null without Git
--   title: from the commit's message
--   head_ref: branch name, as far as the message has it
--   author: name in Git
--   reverted_by: change that reverted it
--   joined_by: what shows that its request landed, empty where it has none; null without Git
--   abandoned_at: every pull request that contains it was closed unmerged, UTC
--   untraceable: it was merged into another branch, and no history shows whether it got further
with git as (
    select
        landings.repo_id,
        landings.change_key,
        landings.number,
        landings.landing_sha,
        landings.head_sha,
        landings.head_ref,
        landings.landed_by,
        landings.branch_commits,
        landings.title,
        landings.author,
        landings.reverted_by,
        landings.joined_by,
        commits.committed_at as landed_at,
        case
            -- 2005-04-07, when Git began, and 1971.
            when unix_micros(commits.authored_at) >= 1112832000000000 then commits.authored_at
            when
                unix_micros(commits.authored_at) >= 31536000000000
                and unix_micros(commits.committed_at) < 1112832000000000
                then commits.authored_at
            else commits.committed_at
        end as landing_authored_at,
        lower(commits.author_email) as landing_author_email,
        split_part(commits.message, chr(10), 1) as landing_subject
    from landings
    left join commits
        on
            landings.repo_id = commits.repo_id
            and landings.landing_sha = commits.sha
),

-- The commits of pull requests that landed on the default branch, and the time by which they were all there.
landed as (
    select
        pull_request_commits.repo_id,
        pull_request_commits.sha,
        pull_request_commits.authored_at,
        lower(pull_request_commits.author_email) as author_email,
        split_part(pull_request_commits.message, chr(10), 1) as subject,
        commits.committed_at as until_at
    from change_reports
    inner join pull_request_commits
        on
            change_reports.repo_id = pull_request_commits.repo_id
            and change_reports.number = pull_request_commits.number
    inner join commits
        on
            change_reports.repo_id = commits.repo_id
            and change_reports.sha = commits.sha
    where
        change_reports.forge
        and change_reports.merged_at is not null
        and pull_request_commits.parents < 2
),

-- Steps of a rebase merge, or of a fast-forward, that nothing in Git assigns to a pull request.
absorbed as (
    select
        git.repo_id,
        git.change_key
    from git
    inner join landed
        on
            git.repo_id = landed.repo_id
            and git.landing_sha = landed.sha
    where git.landed_by = 'direct'
    union
    select
        git.repo_id,
        git.change_key
    from git
    inner join landed
        on
            git.repo_id = landed.repo_id
            and git.landing_authored_at = landed.authored_at
            and git.landing_author_email = landed.author_email
            and git.landing_subject = landed.subject
    where
        git.landed_by = 'direct'
        and git.landed_at <= landed.until_at
),

read as (
    select distinct repo_id
    from commits
),

own as (
    select
        coalesce(change_reports.elsewhere, false) as elsewhere,
        git.landing_authored_at,
        git.branch_commits,
        git.title,
        git.head_ref,
        git.author,
        git.reverted_by,
        git.joined_by,
        coalesce(git.repo_id, change_reports.repo_id) as repo_id,
        coalesce(git.change_key, change_reports.change_key) as change_key,
        coalesce(git.number, change_reports.number) as number,
        case
            when git.landing_sha is not null then git.landing_sha
            when change_reports.merged_at is not null then change_reports.sha
        end as landing_sha,
        case
            when change_reports.elsewhere then change_reports.sha
            when git.head_sha is not null then git.head_sha
            -- A head that Git knows and leaves out was on the default branch before.
            when heads.sha is null then change_reports.head_sha
        end as head_sha,
        -- A merge queue makes the commit before it lands, and so does a branch that is moved forward: the forge was there.
        case
            when change_reports.forge and change_reports.merged_at is not null then change_reports.merged_at
            else coalesce(git.landed_at, change_reports.merged_at)
        end as landed_at,
        case
            when git.landing_sha is null and change_reports.merged_at is not null then 'report'
            else coalesce(git.landed_by, 'open')
        end as landed_by
    from git
    full outer join change_reports
        on
            git.repo_id = change_reports.repo_id
            and git.change_key = change_reports.change_key
    left join commits as heads
        on
            change_reports.repo_id = heads.repo_id
            and change_reports.head_sha = heads.sha
)

select
    own.repo_id,
    own.change_key,
    own.number,
    coalesce(own.landing_sha, carrying.landing_sha) as landing_sha,
    own.head_sha,
    coalesce(own.landed_at, carrying.landed_at) as landed_at,
    coalesce(own.landing_authored_at, carrying.landing_authored_at) as landing_authored_at,
    case when own.landed_at is null and carrying.landed_at is not null then 'nested' else own.landed_by end as landed_by,
    own.branch_commits,
    own.title,
    own.head_ref,
    own.author,
    coalesce(own.reverted_by, declared_reverts.reverted_by) as reverted_by,
    own.joined_by,
    case when own.landed_at is null then stack_outcomes.abandoned_at end as abandoned_at,
    own.elsewhere
    and own.landed_at is null
    and stack_outcomes.number is null
    and read.repo_id is null as untraceable
from own
left join read
    on own.repo_id = read.repo_id
left join absorbed
    on
        own.repo_id = absorbed.repo_id
        and own.change_key = absorbed.change_key
left join declared_reverts
    on
        own.repo_id = declared_reverts.repo_id
        and own.number = declared_reverts.number
left join stack_outcomes
    on
        own.repo_id = stack_outcomes.repo_id
        and own.number = stack_outcomes.number
left join own as carrying
    on
        stack_outcomes.repo_id = carrying.repo_id
        and stack_outcomes.carrier = carrying.number
left join manifest_bumps
    on
        own.repo_id = manifest_bumps.repo_id
        and own.landing_sha = manifest_bumps.sha
where
    absorbed.change_key is null
    and manifest_bumps.sha is null
