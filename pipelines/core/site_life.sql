-- grain: one SIRET of the official stock that the rules on its nature keep, with a day of creation: from which year to which. One that
-- closed on a day that nobody tells (`is_undated`) closed in no year, and is not open for all that. `is_told`: the stock or its history
-- gives the day of a closing; an extract of what is open today says nothing of what has closed.
-- view
with told as (
    select count(s.closed_on) + (select count(*) from core.closure) as closings from staging.sirene_establishment as s
)
select
    e.siret,
    extract(year from e.created_on) as created_year,
    extract(year from e.closed_on) as closed_year,
    coalesce(e.state, '') = 'closed' and e.closed_on is null as is_undated,
    t.closings > 0 as is_told
from core.ess_site as e
cross join told as t
where e.created_on is not null and e.register = 'sirene_establishment'
