-- grain: the territory, then each area that it is compared with x measure; both terms of a share come from the same producer.
with amount as (
    select
        'territory' as row_code,
        e.territory as row_label,
        0 as row_rank,
        m.field,
        m.posts,
        m.posts_mark,
        m.posts_low,
        m.posts_high,
        m.establishments,
        m.establishments_mark
    from core.employment as m
    cross join rules.edition as e
    where m.area = 'territory' and m.family is null and m.activity = '_T'
    union all
    select
        a.object || a.code,
        a.name,
        cast(a.rank as integer),
        c.field,
        max(case when c.measure = 'posts' then c.amount end),
        max(case when c.measure = 'posts' then c.mark end),
        null,
        null,
        max(case when c.measure = 'establishments' then c.amount end),
        max(case when c.measure = 'establishments' then c.mark end)
    from core.producer_cell as c
    inner join rules.compared_area as a on a.object = c.geo_object and a.code = c.area_code
    where c.family is null and c.activity = '_T'
    group by a.object, a.code, a.name, a.rank, c.field
),
line as (
    select
        row_code,
        row_label,
        row_rank,
        max(case when field = 'ess' and posts_mark is null then posts end) as ess,
        max(case when field = 'ess' then posts_low end) as low,
        max(case when field = 'ess' then posts_high end) as high,
        max(case when field = 'all' and posts_mark is null then posts end) as total,
        max(case when field = 'private' and posts_mark is null then posts end) as private,
        max(case when field = 'ess' and establishments_mark is null then establishments end) as ess_units
    from amount
    group by row_code, row_label, row_rank
)
select row_code, row_label, row_rank, 'ess' as column_code, ess as value, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(ess_units as bigint) as n_units,
    case when low is not null then 'total_incomplet' end as flags, low, high
from line
union all
select row_code, row_label, row_rank, 'share', 100.0 * ess / nullif(total, 0), ess, total, cast(ess_units as bigint), null, null, null
from line
union all
select row_code, row_label, row_rank, 'share_private', 100.0 * ess / nullif(private, 0), ess, private, cast(ess_units as bigint),
    null, null, null
from line
union all
select row_code, row_label, row_rank, 'size', ess / nullif(ess_units, 0), ess, ess_units, cast(ess_units as bigint), null, null, null
from line
