-- grain: one resource centre x measure.
with pole as (
    select *, cast(row_number() over (order by _file, _line) as integer) as place from staging.benchmark
)
select code as row_code, pole as row_label, place as row_rank, 'data' as row_kind, 'perimeter' as column_code,
    cast(null as double) as value, coalesce(perimeter, '–') as text, cast(null as varchar) as unit,
    cast(null as double) as numerator, cast(null as double) as denominator
from pole
union all
select code, pole, place, 'data', 'created', null, coalesce(cast(created as varchar), 'nd'), null, null, null from pole
union all
select code, pole, place, 'data', 'members', members, null, null, null, null from pole
union all
select code, pole, place, 'data', 'reached', reached, null, null, null, null from pole
union all
select code, pole, place, 'data', 'budget', budget, null, null, null, null from pole
union all
select code, pole, place, 'data', 'subsidies', subsidies, null, null, null, null from pole
union all
select code, pole, place, 'data', 'subsidies_share', 100.0 * subsidies / nullif(budget, 0), null, null, subsidies, budget from pole
union all
select code, pole, place, 'data', 'services_share', 100.0 * services / nullif(budget, 0), null, null, services, budget from pole
union all
select code, pole, place, 'data', 'fees', fees, null, null, null, null from pole
union all
select code, pole, place, 'data', 'staff', staff, null, null, null, null from pole
union all
select 'count', 'Nombre de pôles', 1000, 'base', 'members', count(*), null, 'pôles', null, null from pole
