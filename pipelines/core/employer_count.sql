-- grain: one commune of the territory.
select
    e.commune_code,
    e.employers
from staging.insee_employers as e
inner join rules.territory_commune as t on t.code = e.commune_code
