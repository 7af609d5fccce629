-- The time from the first wave or service to the last is a part of the stage `deploy`.
select
    change_id,
    rollout_hours,
    deploy_hours
from lead_times
where
    rollout_hours > coalesce(deploy_hours, 0e0) + 1e-6
    or rollout_hours < 0
    or (first_production_at is not null and outcome not in ('production', 'waiting'))
