-- grain: one A38 activity of the territory x measure: ESS posts beside all posts of the same producer, and beside the structure of the
-- ESS in the first of the areas that the territory is compared with.
with line as (
    select
        coalesce(n.code, 'total') as row_code,
        coalesce(n.label, 'Ensemble') as row_label,
        coalesce(cast(n.rank as integer), 1000) as row_rank,
        case when n.code is null then 'total' else 'data' end as row_kind,
        w.ess_posts as ess,
        w.ess_posts_low as ess_low,
        w.ess_posts_high as ess_high,
        cast(w.ess_units as bigint) as ess_units,
        case when w.ess_posts_mark = 'secret' then 'secret_a_la_source' end as ess_flags,
        w.all_posts as total,
        w.all_posts_low as total_low,
        w.all_posts_high as total_high,
        cast(w.all_units as bigint) as total_units,
        case when w.all_posts_mark = 'secret' then 'secret_a_la_source' end as total_flags,
        o.ess_posts as ess_whole,
        r.ess_posts as reference,
        q.ess_posts as reference_whole
    from core.weight as w
    left join rules.naf_rev2_levels as n on n.level = 'a38' and n.code = w.activity
    left join core.weight as o on o.rank = 0 and o.activity = '_T'
    left join core.weight as r on r.rank = 1 and r.activity = w.activity
    left join core.weight as q on q.rank = 1 and q.activity = '_T'
    where w.rank = 0 and (n.code is not null or w.activity = '_T')
),
compared as (
    select *, 100.0 * ess / nullif(ess_whole, 0) as structure, 100.0 * reference / nullif(reference_whole, 0) as reference_structure
    from line
)
select row_code, row_label, row_rank, row_kind, 'ess' as column_code, ess as value, cast(null as double) as numerator,
    cast(null as double) as denominator, ess_units as n_units,
    coalesce(ess_flags, case when ess_low is not null then 'total_incomplet' end) as flags, ess_low as low, ess_high as high
from line
union all
select row_code, row_label, row_rank, row_kind, 'total', total, null, null, total_units,
    coalesce(total_flags, case when total_low is not null then 'total_incomplet' end), total_low, total_high
from line
union all
select row_code, row_label, row_rank, row_kind, 'share', 100.0 * ess / nullif(total, 0), ess, total, ess_units,
    coalesce(ess_flags, total_flags), null, null
from line
union all
select row_code, row_label, row_rank, row_kind, 'structure', structure, ess, ess_whole, ess_units, ess_flags, null, null
from compared
union all
select row_code, row_label, row_rank, row_kind, 'reference', reference_structure, reference, reference_whole, null, null, null, null
from compared
union all
select row_code, row_label, row_rank, row_kind, 'specificity', 100.0 * structure / nullif(reference_structure, 0), structure,
    reference_structure, ess_units, ess_flags, null, null
from compared
