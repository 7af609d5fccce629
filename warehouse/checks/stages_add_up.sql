-- The stages right of code complete add up to the lead time, or to the age of what waits.
select
    change_id,
    lead_time_hours,
    age_hours
from lead_times
where
    outcome in ('production', 'waiting')
    and abs(
        coalesce(pickup_hours, 0e0) + coalesce(review_hours, 0e0) + coalesce(merge_hours, 0e0)
        + coalesce(build_hours, 0e0) + coalesce(staging_hours, 0e0) + coalesce(release_hours, 0e0)
        + coalesce(deploy_hours, 0e0) - coalesce(lead_time_hours, age_hours)
    ) > 1e-6
