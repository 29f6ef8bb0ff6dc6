-- grain: the territory, then each area that it is compared with x measure; both terms of a share come from the same producer.
-- Nothing where there is no area to compare it with.
with line as (
    select case when rank = 0 then 'territory' else area end as row_code, label as row_label, rank as row_rank, ess_posts as ess,
        ess_posts_low as low, ess_posts_high as high, all_posts as total, private_posts as private, ess_establishments,
        cast(ess_units as bigint) as n_units
    from core.weight
    where activity = '_T' and (select max(w.rank) from core.weight as w where w.activity = '_T') > 0
)
select row_code, row_label, row_rank, 'ess' as column_code, ess as value, cast(null as double) as numerator,
    cast(null as double) as denominator, n_units, case when low is not null then 'total_incomplet' end as flags, low, high
from line
union all
select row_code, row_label, row_rank, 'share', 100.0 * ess / nullif(total, 0), ess, total, n_units, null, null, null
from line
union all
select row_code, row_label, row_rank, 'share_private', 100.0 * ess / nullif(private, 0), ess, private, n_units, null, null, null
from line
union all
select row_code, row_label, row_rank, 'size', ess / nullif(ess_establishments, 0), ess, ess_establishments, n_units, null, null, null
from line
