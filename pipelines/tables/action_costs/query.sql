-- grain: one action x measure; an amount that is not given stays not available, never zero.
with action as (
    select * from staging.action_plan
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
select 'total', 'Ensemble des actions chiffrées', 1000, 'total', 'fte', sum(fte), null, null, null from action
union all
select 'total', 'Ensemble des actions chiffrées', 1000, 'total', 'cost', sum(cost_keur), null, null, null from action
union all
select 'count', 'Nombre d’actions', 1001, 'base', 'fte', count(*), null, 'actions', 0 from action
