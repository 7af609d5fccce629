-- Also for each service: the stages right of code complete add up, and the roll-out is a part of `deploy`.
select
    change_id,
    service
from service_lead_times
where
    (
        outcome in ('production', 'waiting')
        and abs(
            coalesce(pickup_hours, 0e0) + coalesce(review_hours, 0e0) + coalesce(merge_hours, 0e0)
            + coalesce(build_hours, 0e0) + coalesce(staging_hours, 0e0) + coalesce(release_hours, 0e0)
            + coalesce(deploy_hours, 0e0) - coalesce(lead_time_hours, age_hours)
        ) > 1e-6
    )
    or rollout_hours > deploy_hours + 1e-6
    or rollout_hours < 0
