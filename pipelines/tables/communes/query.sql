-- grain: one commune of the territory x measure. No establishment in the register is a true zero; posts that the producer does not
-- give, or hides, are no zero.
with establishment as (
    select commune_code, count(*) as establishments
    from core.field_establishment
    group by commune_code
),
post as (
    select commune_code, posts, posts_mark, establishments
    from core.employment
    where area = 'commune' and field = 'ess' and family is null and activity = '_T'
),
territory_post as (
    select max(posts) as posts, max(posts_mark) as posts_mark, max(posts_low) as posts_low, max(posts_high) as posts_high,
        max(establishments) as establishments
    from core.employment
    where area = 'territory' and field = 'ess' and family is null and activity = '_T'
),
line as (
    select
        t.code as row_code,
        t.name as row_label,
        row_number() over (order by coalesce(e.establishments, 0) desc, t.code) as row_rank,
        'data' as row_kind,
        t.epci_name as sublevel,
        coalesce(e.establishments, 0) as establishments,
        t.population,
        case when p.posts_mark is null then p.posts end as posts,
        coalesce(p.establishments, 0) as n_units,
        p.posts_mark,
        cast(null as double) as posts_low,
        cast(null as double) as posts_high
    from rules.territory_commune as t
    left join establishment as e on e.commune_code = t.code
    left join post as p on p.commune_code = t.code
),
total as (
    select 'total' as row_code, 'Ensemble du territoire' as row_label, 100000 as row_rank, 'total' as row_kind,
        '' as sublevel, sum(l.establishments) as establishments, sum(l.population) as population,
        max(case when p.posts_mark is null then p.posts end) as posts, coalesce(max(p.establishments), 0) as n_units,
        max(p.posts_mark) as posts_mark, max(p.posts_low) as posts_low, max(p.posts_high) as posts_high
    from line as l cross join territory_post as p
),
every as (
    select * from line union all select * from total
)
select row_code, row_label, row_rank, row_kind, 'sublevel' as column_code, cast(null as double) as value, sublevel as text,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as bigint) as n_units,
    cast(null as varchar) as flags, cast(null as double) as low, cast(null as double) as high
from every
union all
select row_code, row_label, row_rank, row_kind, 'establishments', establishments, null, null, null, null, null, null, null from every
union all
select row_code, row_label, row_rank, row_kind, 'per_1000', 1000.0 * establishments / nullif(population, 0), null,
    establishments, population, null, null, null, null
from every
union all
select row_code, row_label, row_rank, row_kind, 'posts', posts, null, null, null, cast(n_units as bigint),
    case when row_kind = 'total' and posts_mark = 'partial' then 'total_incomplet'
        when posts_mark in ('secret', 'partial') then 'secret_a_la_source' end,
    posts_low, posts_high
from every
