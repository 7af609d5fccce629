-- Each change is in the report once.
select change_id
from lead_times
group by change_id
having count(*) > 1
