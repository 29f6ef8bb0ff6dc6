-- grain: one indicator x measure; both terms of each share come from the same producer. Units that a producer does not give are at
-- least those of the part; without these, one: the cell is then secret.
with whole as (
    select *, cast(coalesce(ess_units, 1) as bigint) as units, cast(coalesce(all_units, ess_units, 1) as bigint) as units_of_all,
        cast(coalesce(private_units, ess_units, 1) as bigint) as units_of_private,
        case when ess_posts_mark = 'secret' then 'secret_a_la_source' end as ess_hidden,
        case when all_posts_mark = 'secret' then 'secret_a_la_source' end as all_hidden,
        case when private_posts_mark = 'secret' then 'secret_a_la_source' end as private_hidden
    from core.weight
    where area = 'territory' and activity = '_T'
),
line as (
    select 'posts_all' as row_code, 'Postes salariés' as row_label, 1 as row_rank, 'postes' as unit, ess_posts as ess, ess_posts_low as ess_low,
        ess_posts_high as ess_high, units, all_posts as total, all_posts_low as total_low, all_posts_high as total_high, units_of_all as total_units,
        ess_hidden, all_hidden as total_hidden
    from whole
    union all
    select 'posts_private', 'Postes salariés du secteur privé', 2, 'postes', ess_posts, ess_posts_low, ess_posts_high, units, private_posts,
        private_posts_low, private_posts_high, units_of_private, ess_hidden, private_hidden
    from whole
    union all
    select 'establishments', 'Établissements employeurs', 3, 'établissements', ess_establishments, ess_establishments_low,
        ess_establishments_high, units, all_establishments, all_establishments_low, all_establishments_high, units_of_all, null, null
    from whole
)
select row_code, row_label, row_rank, 'ess' as column_code, ess as value, unit, 0 as decimals,
    cast(null as double) as numerator, cast(null as double) as denominator, units as n_units,
    coalesce(ess_hidden, case when ess_low is not null then 'total_incomplet' end) as flags, ess_low as low, ess_high as high
from line
union all
select row_code, row_label, row_rank, 'total', total, unit, 0, null, null, total_units,
    coalesce(total_hidden, case when total_low is not null then 'total_incomplet' end), total_low, total_high
from line
union all
select row_code, row_label, row_rank, 'share', 100.0 * ess / nullif(total, 0), '%', 1, ess, total, units, coalesce(ess_hidden, total_hidden), null, null
from line
union all
select 'size', 'Salariés par établissement', 4, 'ess', ess_posts / nullif(ess_establishments, 0), 'salariés', 1, ess_posts,
    ess_establishments, units, ess_hidden, null, null
from whole
union all
select 'size', 'Salariés par établissement', 4, 'total', all_posts / nullif(all_establishments, 0), 'salariés', 1, all_posts,
    all_establishments, units_of_all, all_hidden, null, null
from whole
