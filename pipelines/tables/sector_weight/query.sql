-- grain: one A38 activity of the territory x measure: ESS posts beside all posts of the same producer.
with ess as (
    select activity, posts, posts_mark, posts_low, posts_high, establishments
    from core.employment
    where area = 'territory' and field = 'ess' and family is null
),
everyone as (
    select activity, posts, posts_mark, posts_low, posts_high, establishments
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
        case when a.posts_mark = 'secret' then 'secret_a_la_source' end as total_flags,
        e.posts_low as ess_low, e.posts_high as ess_high, a.posts_low as total_low, a.posts_high as total_high
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
        case when a.posts_mark = 'secret' then 'secret_a_la_source' end,
        e.posts_low, e.posts_high, a.posts_low, a.posts_high
    from ess as e
    left join everyone as a on a.activity = e.activity
    where e.activity = '_T'
),
whole as (
    select max(ess) as ess from line where row_kind = 'total'
),
-- the same structure in the first of the areas that the territory is compared with
reference as (
    select c.activity, max(case when c.mark is null then c.amount end) as ess
    from core.producer_cell as c
    inner join rules.compared_area as a on a.object = c.geo_object and a.code = c.area_code and a.rank = 1
    where c.field = 'ess' and c.family is null and c.measure = 'posts'
    group by c.activity
),
reference_whole as (
    select max(ess) as ess from reference where activity = '_T'
),
compared as (
    select
        l.row_code,
        l.row_label,
        l.row_rank,
        l.row_kind,
        l.ess,
        l.ess_units,
        l.ess_flags,
        100.0 * l.ess / nullif(w.ess, 0) as structure,
        w.ess as whole,
        r.ess as reference_ess,
        t.ess as reference_whole,
        100.0 * r.ess / nullif(t.ess, 0) as reference_structure
    from line as l
    cross join whole as w
    cross join reference_whole as t
    left join reference as r on r.activity = case when l.row_kind = 'total' then '_T' else l.row_code end
)
select row_code, row_label, row_rank, row_kind, 'ess' as column_code, ess as value, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(ess_units as bigint) as n_units,
    coalesce(ess_flags, case when ess_low is not null then 'total_incomplet' end) as flags, ess_low as low, ess_high as high
from line
union all
select row_code, row_label, row_rank, row_kind, 'total', total, null, null, cast(total_units as bigint),
    coalesce(total_flags, case when total_low is not null then 'total_incomplet' end), total_low, total_high
from line
union all
select row_code, row_label, row_rank, row_kind, 'share', 100.0 * ess / nullif(total, 0), ess, total, cast(ess_units as bigint),
    coalesce(ess_flags, total_flags), null, null
from line
union all
select row_code, row_label, row_rank, row_kind, 'structure', structure, ess, whole, cast(ess_units as bigint), ess_flags, null, null
from compared
union all
select row_code, row_label, row_rank, row_kind, 'reference', reference_structure, reference_ess, reference_whole, null, null, null, null
from compared
union all
select row_code, row_label, row_rank, row_kind, 'specificity', 100.0 * structure / nullif(reference_structure, 0), structure,
    reference_structure, cast(ess_units as bigint), ess_flags, null, null
from compared
