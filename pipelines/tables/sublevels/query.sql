-- grain: one sub-level (inter-municipality) x measure. One of which the territory holds some communes only says so.
with parted as (
    select distinct code from rules.territory_level where not is_whole
),
commune as (
    select
        t.epci_code,
        t.epci_name,
        t.code,
        t.population,
        count(e.siret) as establishments
    from rules.territory_commune as t
    left join core.field_establishment as e on e.commune_code = t.code
    group by t.epci_code, t.epci_name, t.code, t.population
),
summed as (
    select c.epci_code as row_code, min(c.epci_name) || case when count(p.code) > 0 then ' (partie)' else '' end as row_label,
        'data' as row_kind, count(*) as communes, sum(c.population) as population, sum(c.establishments) as establishments
    from commune as c
    left join parted as p on p.code = c.epci_code
    group by c.epci_code
),
total as (
    select 'total' as row_code, 'Ensemble du territoire' as row_label, 'total' as row_kind, sum(communes) as communes,
        sum(population) as population, sum(establishments) as establishments
    from summed
),
line as (
    select *, row_number() over (order by establishments desc, row_code) as row_rank from summed
    union all
    select *, 100000 from total
)
select row_code, row_label, row_rank, row_kind, 'communes' as column_code, cast(communes as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select row_code, row_label, row_rank, row_kind, 'population', population, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'establishments', establishments, null, null from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share', 100.0 * l.establishments / nullif(t.establishments, 0),
    l.establishments, t.establishments
from line as l cross join total as t
union all
select row_code, row_label, row_rank, row_kind, 'per_1000', 1000.0 * establishments / nullif(population, 0), establishments,
    population
from line
