-- What is in production says which deployment brought it, or that a report did.
select
    change_id,
    mapped_by
from lead_times
where
    outcome = 'production'
    and deployment_id is null
    and mapped_by <> 'event'
