-- grain: one indicator x measure; both terms of each share come from the same producer. Units that a producer does not give are at
-- least those of the part; without these, one: the cell is then secret.
with figure as (
    select
        max(case when field = 'ess' and posts_mark is null then posts end) as ess_posts,
        max(case when field = 'all' and posts_mark is null then posts end) as all_posts,
        max(case when field = 'private' and posts_mark is null then posts end) as private_posts,
        max(case when field = 'ess' and establishments_mark is null then establishments end) as ess_establishments,
        max(case when field = 'all' and establishments_mark is null then establishments end) as all_establishments,
        max(case when field = 'private' and establishments_mark is null then establishments end) as private_establishments,
        max(case when field = 'ess' then posts_low end) as ess_low,
        max(case when field = 'ess' then posts_high end) as ess_high,
        max(case when field = 'all' then posts_low end) as all_low,
        max(case when field = 'all' then posts_high end) as all_high,
        max(case when field = 'private' then posts_low end) as private_low,
        max(case when field = 'private' then posts_high end) as private_high,
        max(case when field = 'ess' then establishments_low end) as ess_establishments_low,
        max(case when field = 'ess' then establishments_high end) as ess_establishments_high,
        max(case when field = 'all' then establishments_low end) as all_establishments_low,
        max(case when field = 'all' then establishments_high end) as all_establishments_high
    from core.employment
    where area = 'territory' and family is null and activity = '_T'
),
line as (
    select 'posts_all' as row_code, 'Postes salariés' as row_label, 1 as row_rank, 'postes' as unit, ess_posts as ess,
        all_posts as total, coalesce(ess_establishments, 1) as ess_units,
        coalesce(all_establishments, ess_establishments, 1) as total_units,
        ess_low, ess_high, all_low as total_low, all_high as total_high
    from figure
    union all
    select 'posts_private', 'Postes salariés du secteur privé', 2, 'postes', ess_posts, private_posts,
        coalesce(ess_establishments, 1), coalesce(private_establishments, ess_establishments, 1), ess_low, ess_high, private_low, private_high
    from figure
    union all
    select 'establishments', 'Établissements employeurs', 3, 'établissements', ess_establishments, all_establishments,
        coalesce(ess_establishments, 1), coalesce(all_establishments, ess_establishments, 1), ess_establishments_low, ess_establishments_high, all_establishments_low,
        all_establishments_high
    from figure
)
select row_code, row_label, row_rank, 'ess' as column_code, ess as value, unit, 0 as decimals,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(ess_units as bigint) as n_units,
    case when ess_low is not null then 'total_incomplet' end as flags, ess_low as low, ess_high as high
from line
union all
select row_code, row_label, row_rank, 'total', total, unit, 0, null, null, cast(total_units as bigint),
    case when total_low is not null then 'total_incomplet' end, total_low, total_high
from line
union all
select row_code, row_label, row_rank, 'share', 100.0 * ess / nullif(total, 0), '%', 1, ess, total, cast(ess_units as bigint), null, null,
    null
from line
union all
select 'size', 'Salariés par établissement', 4, 'ess', ess_posts / nullif(ess_establishments, 0), 'salariés', 1, ess_posts,
    ess_establishments, cast(coalesce(ess_establishments, 1) as bigint), null, null, null
from figure
union all
select 'size', 'Salariés par établissement', 4, 'total', all_posts / nullif(all_establishments, 0), 'salariés', 1, all_posts,
    all_establishments, cast(coalesce(all_establishments, ess_establishments, 1) as bigint), null, null, null
from figure
