-- grain: one action x measure; an amount that is not given stays not available, never zero: the sums say that they are of what has one.
with action as (
    select * from staging.action_plan
),
total as (
    select sum(fte) as fte, sum(cost_keur) as cost,
        case when count(fte) = count(*) and count(cost_keur) = count(*) then 'Ensemble' else 'Ensemble de ce qui est chiffré' end as label
    from action
)
select code as row_code, action as row_label, cast(number as integer) as row_rank, 'data' as row_kind, 'fte' as column_code,
    fte as value, cast(null as varchar) as text, cast(null as varchar) as unit, cast(null as integer) as decimals
from action
union all
select code, action, cast(number as integer), 'data', 'cost', cost_keur, null, null, null from action
union all
select code, action, cast(number as integer), 'data', 'detail', null,
    coalesce(cost_nature || ' ; ' || funding, cost_nature, funding, '–'), null, null
from action
union all
select code, action, cast(number as integer), 'data', 'status', null, coalesce(status, '–'), null, null from action
union all
select 'total', label, 1000, 'total', 'fte', fte, null, null, null from total
union all
select 'total', label, 1000, 'total', 'cost', cost, null, null, null from total
union all
select 'count', 'Nombre d’actions', 1001, 'base', 'fte', count(*), null, 'actions', 0 from action
