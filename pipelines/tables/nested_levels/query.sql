-- grain: one area of one nested level (region, département, arrondissement, EPCI) that lies whole in the territory x measure: what
-- the territory holds of a larger area says nothing of that area.
with commune as (
    select t.code, t.population, count(e.siret) as establishments
    from rules.territory_commune as t
    left join core.field_establishment as e on e.commune_code = t.code
    group by t.code, t.population
),
summed as (
    select
        v.level,
        v.level_rank,
        v.code,
        min(v.name) as name,
        count(*) as communes,
        sum(c.population) as population,
        sum(c.establishments) as establishments
    from rules.territory_level as v
    inner join commune as c on c.code = v.commune_code
    where v.is_whole
    group by v.level, v.level_rank, v.code
),
line as (
    select
        level || '_' || code as row_code,
        name as row_label,
        1000 * level_rank + row_number() over (partition by level order by establishments desc, code) as row_rank,
        case level when 'region' then 'Régions' when 'departement' then 'Départements' when 'arrondissement' then 'Arrondissements'
            else 'Intercommunalités' end as row_section,
        communes,
        population,
        establishments
    from summed
)
select row_code, row_label, row_rank, row_section, 'communes' as column_code, cast(communes as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select row_code, row_label, row_rank, row_section, 'population', population, null, null from line
union all
select row_code, row_label, row_rank, row_section, 'establishments', establishments, null, null from line
union all
select row_code, row_label, row_rank, row_section, 'per_1000', 1000.0 * establishments / nullif(population, 0), establishments,
    population
from line
