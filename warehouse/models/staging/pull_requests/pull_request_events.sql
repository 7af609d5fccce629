-- pull_request_events: events of pull requests, from their timelines
-- grain: one row per repository, pull request and event
-- key: repo_id, number, event_id
-- columns:
--   repo_id: repository
--   number: pull request
--   event_id: the forge's id, else kind and time
--   kind: such as `ready_for_review` or `closed`
--   actor: log-in
--   subject: whom or what it concerns: a reviewer, a review, an environment, a reason
--   before_sha: force pushes: the head before
--   after_sha: force pushes: the head after
--   happened_at: UTC
with numbered as (
    select
        raw_pull_request_events.*,
        row_number() over (
            partition by
                raw_pull_request_events.repo_id, raw_pull_request_events.number, raw_pull_request_events.event_id
            order by raw_pull_request_events.happened_at, coalesce(raw_pull_request_events.subject, '')
        ) as reading
    from raw_pull_request_events
    inner join pull_requests
        on
            raw_pull_request_events.repo_id = pull_requests.repo_id
            and raw_pull_request_events.number = pull_requests.number
            and raw_pull_request_events.collected_at = pull_requests.collected_at
)
select
    repo_id,
    number,
    event_id,
    kind,
    actor,
    subject,
    before_sha,
    after_sha,
    happened_at
from numbered
where reading = 1
