-- grain: one action x axis of the regional strategy (text).
select code as row_code, action as row_label, cast(number as integer) as row_rank, 'axis_1' as column_code,
    coalesce(axis_1, '–') as text
from staging.action_plan
union all
select code, action, cast(number as integer), 'axis_2', coalesce(axis_2, '–') from staging.action_plan
union all
select code, action, cast(number as integer), 'axis_3', coalesce(axis_3, '–') from staging.action_plan
