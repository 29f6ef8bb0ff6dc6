-- grain: one count by commune (`employers`, `jobs`), over the territory: a number when each of its terms is known, else at least what they
-- hold (`low`).
-- view
with term as (
    select 'employers' as measure, employers as amount from core.employer_count
    union all
    select 'jobs', jobs from core.salaried_job
)
select
    measure,
    case when count(amount) = count(*) then sum(amount) end as value,
    case when count(amount) < count(*) then sum(amount) end as low
from term
group by measure
