-- grain: the first communes by number of establishments, then two counts of communes.
with commune as (
    select
        t.code,
        t.name,
        count(e.siret) as establishments
    from rules.territory_commune as t
    left join core.field_establishment as e on e.commune_code = t.code
    group by t.code, t.name
),
ranked as (
    select
        code,
        name,
        establishments,
        row_number() over (order by establishments desc, code) as place,
        sum(establishments) over (order by establishments desc, code rows unbounded preceding) as cumulated,
        sum(establishments) over () as total
    from commune
),
shown as (
    select r.*
    from ranked as r
    inner join rules.table_parameter as p on p.table_id = 'commune_summary' and p.name = 'top'
    where r.place <= cast(p.value as integer) and r.establishments > 0
)
select 'top_' || place as row_code, cast(place as varchar) as row_label, place as row_rank, 'data' as row_kind,
    'commune' as column_code, cast(null as double) as value, name as text, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(null as varchar) as obs_status, cast(null as varchar) as unit
from shown
union all
select 'top_' || place, cast(place as varchar), place, 'data', 'count', establishments, null, null, null, null, 'établissements'
from shown
union all
select 'top_' || place, cast(place as varchar), place, 'data', 'cumulative', 100.0 * cumulated / nullif(total, 0), null, cumulated,
    total, null, null
from shown
union all
select 'present', 'Communes avec au moins un établissement', 1000, 'subtotal', 'count',
    count(case when establishments > 0 then 1 end), null, null, null, null, 'communes'
from commune
union all
select 'absent', 'Communes sans établissement', 1001, 'subtotal', 'count',
    count(case when establishments = 0 then 1 end), null, null, null, null, 'communes'
from commune
