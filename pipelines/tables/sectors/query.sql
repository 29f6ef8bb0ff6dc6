-- grain: one A38 activity group with at least one establishment x measure.
with counted as (
    select
        coalesce(e.sector, 'unknown') as row_code,
        coalesce(n.label, 'Activité non classée') as row_label,
        count(*) as establishments
    from core.field_establishment as e
    left join rules.naf_rev2_levels as n on n.level = 'a38' and n.code = e.sector
    group by coalesce(e.sector, 'unknown'), coalesce(n.label, 'Activité non classée')
),
total as (
    select coalesce(sum(establishments), 0) as establishments from counted
),
line as (
    select row_code, row_label, 'data' as row_kind, establishments,
        row_number() over (order by case when row_code = 'unknown' then 1 else 0 end, establishments desc, row_code) as row_rank
    from counted
    union all
    select 'total', 'Ensemble', 'total', establishments, 100000 from total
)
select row_code, row_label, row_rank, row_kind, 'count' as column_code, cast(establishments as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share', 100.0 * l.establishments / nullif(t.establishments, 0),
    l.establishments, t.establishments
from line as l cross join total as t
