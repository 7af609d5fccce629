-- No stage and no lead time is negative.
select change_id
from lead_times
where
    least(
        lead_time_hours, dora_lead_time_hours, age_hours, coding_hours, rework_hours, pickup_hours, review_hours,
        merge_hours, build_hours, staging_hours, release_hours, deploy_hours
    ) < 0
