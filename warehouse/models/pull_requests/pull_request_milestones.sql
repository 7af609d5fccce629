-- pull_request_milestones: milestones of pull requests from their events, as of the report
-- grain: one row per repository and pull request that was open by the time of the report
-- key: repo_id, number
-- columns:
--   repo_id: repository
--   number: pull request
--   first_commit_at: earliest author date among its own commits, UTC
--   opened_at: UTC
--   ready_at: it left draft for good, UTC; null while it is a draft
--   first_review_at: first review by a person not the author, UTC
--   first_approval_at: first approval by a person not the author, UTC
--   code_complete_at: by the setting; by its last commit, where its commits are known, UTC
--   reviewed_at: first review at or after code complete, or code complete if an approval from before stands, UTC
--   approved_at: first approval, likewise, UTC
--   merged_at: merged into its base, UTC
--   abandoned_at: closed unmerged and not opened again, UTC
--   commits: its own commits, no merges, made by the time of the report; null where that is not known
--   own_commits: its commits are known
with base as (
    select
        pull_requests.repo_id,
        pull_requests.number,
        pull_requests.author,
        pull_requests.state,
        pull_requests.draft,
        pull_requests.created_at,
        pull_requests.closed_at,
        report_times.as_of,
        case when pull_requests.merged_at <= report_times.as_of then pull_requests.merged_at end as merged_at
    from pull_requests
    inner join report_times
        on pull_requests.repo_id = report_times.repo_id
    where pull_requests.created_at <= report_times.as_of
),

events as (
    select
        base.repo_id,
        base.number,
        pull_request_events.kind,
        pull_request_events.happened_at,
        pull_request_events.happened_at <= base.as_of as happened,
        max(
            case
                when pull_request_events.kind = 'converted_to_draft' and pull_request_events.happened_at <= base.as_of
                    then pull_request_events.happened_at
            end
        ) over (partition by base.repo_id, base.number) as redrafted_at,
        max(
            case
                when pull_request_events.kind = 'reopened' and pull_request_events.happened_at <= base.as_of
                    then pull_request_events.happened_at
            end
        ) over (partition by base.repo_id, base.number) as reopened_at
    from base
    inner join pull_request_events
        on
            base.repo_id = pull_request_events.repo_id
            and base.number = pull_request_events.number
    where pull_request_events.kind in ('ready_for_review', 'converted_to_draft', 'closed', 'reopened')
),

turns as (
    select
        repo_id,
        number,
        max(redrafted_at) as redrafted_at,
        max(reopened_at) as reopened_at,
        -- Of all there will be: a pull request whose first turn is to be ready began as a draft.
        min(case when kind = 'ready_for_review' then happened_at end) as first_ready_at,
        min(case when kind = 'converted_to_draft' then happened_at end) as first_redrafted_at,
        min(
            case
                when kind = 'ready_for_review' and happened and (redrafted_at is null or happened_at >= redrafted_at)
                    then happened_at
            end
        ) as left_draft_at,
        min(
            case when kind = 'closed' and happened and (reopened_at is null or happened_at > reopened_at) then happened_at end
        ) as left_open_at
    from events
    group by
        repo_id,
        number
),

told as (
    select
        base.repo_id,
        base.number,
        base.author,
        base.as_of,
        base.created_at as opened_at,
        base.merged_at,
        case
            when
                turns.redrafted_at is not null
                or turns.first_ready_at < turns.first_redrafted_at
                or (turns.first_ready_at is not null and turns.first_redrafted_at is null)
                or (
                    turns.first_ready_at is null and turns.first_redrafted_at is null and coalesce(base.draft, false)
                )
                then coalesce(turns.left_draft_at, base.merged_at)
            else base.created_at
        end as ready_at,
        case
            when base.merged_at is not null then null
            when turns.left_open_at is not null then turns.left_open_at
            when
                base.state = 'closed' and base.closed_at <= base.as_of
                and (turns.reopened_at is null or base.closed_at >= turns.reopened_at)
                then base.closed_at
        end as abandoned_at
    from base
    left join turns
        on
            base.repo_id = turns.repo_id
            and base.number = turns.number
),

written as (
    select
        told.repo_id,
        told.number,
        sum(case when pull_request_commits.parents < 2 then 1 else 0 end) as known,
        sum(
            case
                when pull_request_commits.parents < 2 and pull_request_commits.committed_at <= told.as_of then 1
                else 0
            end
        ) as commits,
        min(
            case
                when
                    pull_request_commits.parents < 2
                    and pull_request_commits.committed_at <= told.as_of
                    -- A date before 2005-04-07, when Git began, is the clock of one machine, unless all are as old.
                    and (
                        unix_micros(pull_request_commits.authored_at) >= 1112832000000000
                        or unix_micros(pull_request_commits.committed_at) < 1112832000000000
                    )
                    then pull_request_commits.authored_at
            end
        ) as first_commit_at,
        max(
            case
                when
                    pull_request_commits.parents < 2
                    and pull_request_commits.committed_at <= least(told.as_of, told.merged_at, told.abandoned_at)
                    then pull_request_commits.committed_at
            end
        ) as last_commit_at
    from told
    inner join pull_request_commits
        on
            told.repo_id = pull_request_commits.repo_id
            and told.number = pull_request_commits.number
    group by
        told.repo_id,
        told.number
),

dismissals as (
    select
        pull_request_events.repo_id,
        pull_request_events.number,
        pull_request_events.subject as review_id,
        min(pull_request_events.happened_at) as dismissed_at
    from pull_request_events
    inner join report_times
        on pull_request_events.repo_id = report_times.repo_id
    where
        pull_request_events.kind = 'review_dismissed'
        and pull_request_events.happened_at <= report_times.as_of
    group by
        pull_request_events.repo_id,
        pull_request_events.number,
        pull_request_events.subject
),

by_people as (
    select
        told.repo_id,
        told.number,
        reviews.submitted_at,
        -- A dismissed review does not show what it had been: it is no approval, unless its state was stored.
        reviews.state = 'approved' as approves,
        dismissals.dismissed_at is null as holds,
        min(case when reviews.state = 'changes_requested' then reviews.submitted_at end) over (
            partition by told.repo_id, told.number, lower(reviews.author)
            order by reviews.submitted_at desc, reviews.review_id desc
            rows between unbounded preceding and 1 preceding
        ) as taken_back_at
    from told
    inner join reviews
        on
            told.repo_id = reviews.repo_id
            and told.number = reviews.number
    left join automated_accounts
        on
            reviews.repo_id = automated_accounts.repo_id
            and reviews.author = automated_accounts.login
    left join dismissals
        on
            reviews.repo_id = dismissals.repo_id
            and reviews.number = dismissals.number
            and reviews.review_id = dismissals.review_id
    where
        reviews.submitted_at <= told.as_of
        and automated_accounts.login is null
        and coalesce(reviews.author_kind, '') <> 'bot'
        -- Where both accounts are gone, nobody can tell them apart; but a forge lets nobody approve what is their own.
        and (
            coalesce(lower(reviews.author), '') <> coalesce(lower(told.author), '')
            or (reviews.author is null and reviews.state in ('approved', 'changes_requested'))
        )
),

firsts as (
    select
        repo_id,
        number,
        min(submitted_at) as first_review_at,
        min(case when approves then submitted_at end) as first_approval_at
    from by_people
    group by
        repo_id,
        number
),

complete as (
    select
        told.repo_id,
        told.number,
        told.opened_at,
        told.ready_at,
        told.merged_at,
        told.abandoned_at,
        firsts.first_review_at,
        firsts.first_approval_at,
        written.first_commit_at,
        written.number is not null as own_commits,
        -- After a force push all commits are younger than an earlier report: how many there were before is not known.
        case when written.commits > 0 or written.known = 0 then written.commits end as commits,
        case
            when parameters.code_complete = 'merged' then told.merged_at
            when parameters.code_complete = 'first_approval' then coalesce(firsts.first_approval_at, told.merged_at)
            when parameters.code_complete = 'ready_for_review' then coalesce(told.ready_at, told.merged_at)
            when told.ready_at is not null and written.known > 0
                then least(
                    greatest(coalesce(written.last_commit_at, told.merged_at, told.ready_at), told.ready_at),
                    told.merged_at
                )
        end as code_complete_at
    from told
    cross join parameters
    left join firsts
        on
            told.repo_id = firsts.repo_id
            and told.number = firsts.number
    left join written
        on
            told.repo_id = written.repo_id
            and told.number = written.number
),

judged as (
    select
        complete.repo_id,
        complete.number,
        max(
            case
                when
                    by_people.approves and by_people.holds and by_people.submitted_at < complete.code_complete_at
                    and (by_people.taken_back_at is null or by_people.taken_back_at > complete.code_complete_at)
                    then 1
                else 0
            end
        ) as stands,
        min(case when by_people.submitted_at >= complete.code_complete_at then by_people.submitted_at end)
            as reviewed_after_at,
        min(
            case
                when by_people.approves and by_people.submitted_at >= complete.code_complete_at
                    then by_people.submitted_at
            end
        ) as approved_after_at
    from complete
    inner join by_people
        on
            complete.repo_id = by_people.repo_id
            and complete.number = by_people.number
    group by
        complete.repo_id,
        complete.number
)

select
    complete.repo_id,
    complete.number,
    complete.first_commit_at,
    complete.opened_at,
    complete.ready_at,
    complete.first_review_at,
    complete.first_approval_at,
    complete.code_complete_at,
    case when judged.stands = 1 then complete.code_complete_at else judged.reviewed_after_at end as reviewed_at,
    case when judged.stands = 1 then complete.code_complete_at else judged.approved_after_at end as approved_at,
    complete.merged_at,
    complete.abandoned_at,
    cast(complete.commits as bigint) as commits,
    complete.own_commits
from complete
left join judged
    on
        complete.repo_id = judged.repo_id
        and complete.number = judged.number
