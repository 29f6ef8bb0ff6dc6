-- grain: one commune of the territory x NAF sub-class.
select
    j.commune_code,
    j.naf,
    j.establishments,
    j.jobs
from staging.unistatis as j
inner join rules.territory_commune as t on t.code = j.commune_code
