-- grain: one commune of the territory x NAF sub-class, or one commune without any line (see core.unlisted). Of two sources of jobs, the
-- first that was read is taken, never both.
with has_first as (
    select count(*) as rows_read from staging.unistatis
)
select
    j.commune_code,
    j.naf,
    j.establishments,
    j.jobs
from staging.unistatis as j
inner join rules.territory_commune as t on t.code = j.commune_code
union all
select j.commune_code, j.naf, j.establishments, j.jobs
from staging.urssaf as j
cross join has_first as h
inner join rules.territory_commune as t on t.code = j.commune_code
where h.rows_read = 0 and (j.jobs is not null or j.jobs_mark is not null)
union all
select u.commune_code, null, null, case when u.is_zero then 0 end
from core.unlisted as u
cross join has_first as h
where u.source = case when h.rows_read > 0 then 'unistatis' else 'urssaf' end
