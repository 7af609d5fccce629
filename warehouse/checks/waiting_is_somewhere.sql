-- What waits has a stage and an age, and nothing else has an age.
select
    change_id,
    outcome
from lead_times
where
    (outcome = 'waiting') <> (age_hours is not null)
    or (outcome = 'waiting' and current_stage is null)
