-- grain: one A38 activity of the territory x measure: ESS posts beside all posts of the same producer.
with ess as (
    select activity, posts, posts_mark, establishments
    from core.employment
    where area = 'territory' and field = 'ess' and family is null
),
everyone as (
    select activity, posts, posts_mark, establishments
    from core.employment
    where area = 'territory' and field = 'all'
),
sector as (
    select
        n.code as row_code,
        n.label as row_label,
        cast(n.rank as integer) as row_rank,
        'data' as row_kind,
        case when e.posts_mark is null then e.posts end as ess,
        case when a.posts_mark is null then a.posts end as total,
        e.establishments as ess_units,
        a.establishments as total_units,
        case when e.posts_mark = 'secret' then 'secret_a_la_source' end as ess_flags,
        case when a.posts_mark = 'secret' then 'secret_a_la_source' end as total_flags
    from rules.naf_rev2_levels as n
    left join ess as e on e.activity = n.code
    left join everyone as a on a.activity = n.code
    where n.level = 'a38' and (e.activity is not null or a.activity is not null)
),
line as (
    select * from sector
    union all
    select 'total', 'Ensemble', 1000, 'total', case when e.posts_mark is null then e.posts end,
        case when a.posts_mark is null then a.posts end, e.establishments, a.establishments,
        case when e.posts_mark = 'secret' then 'secret_a_la_source' end,
        case when a.posts_mark = 'secret' then 'secret_a_la_source' end
    from ess as e
    left join everyone as a on a.activity = e.activity
    where e.activity = '_T'
),
whole as (
    select max(ess) as ess from line where row_kind = 'total'
)
select row_code, row_label, row_rank, row_kind, 'ess' as column_code, ess as value, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(ess_units as bigint) as n_units, ess_flags as flags
from line
union all
select row_code, row_label, row_rank, row_kind, 'total', total, null, null, cast(total_units as bigint), total_flags from line
union all
select row_code, row_label, row_rank, row_kind, 'share', 100.0 * ess / nullif(total, 0), ess, total, cast(ess_units as bigint),
    coalesce(ess_flags, total_flags)
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'structure', 100.0 * l.ess / nullif(w.ess, 0), l.ess, w.ess,
    cast(l.ess_units as bigint), l.ess_flags
from line as l cross join whole as w
