-- grain: one commune of the territory; one that the file does not name has no count (see core.unlisted). Of several counts of employers,
-- the first that was read is taken, never two.
with has_first as (
    select count(*) as rows_read from staging.insee_employers
)
select
    e.commune_code,
    e.employers
from staging.insee_employers as e
inner join rules.territory_commune as t on t.code = e.commune_code
union all
select c.commune_code, c.employers
from staging.comparateur as c
cross join has_first as h
inner join rules.territory_commune as t on t.code = c.commune_code
where h.rows_read = 0
union all
select u.commune_code, case when u.is_zero then 0 end
from core.unlisted as u
cross join has_first as h
where u.source = case when h.rows_read > 0 then 'insee_employers' else 'comparateur' end
