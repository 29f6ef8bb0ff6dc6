-- grain: one commune of the territory x measure, communes without establishment included (a true zero).
with establishment as (
    select commune_code, count(*) as establishments
    from core.field_establishment
    group by commune_code
),
post as (
    select
        commune_code,
        sum(posts) as posts,
        sum(establishments) as establishments,
        max(case when posts_mark = 'secret' then 1 else 0 end) as is_hidden_at_source,
        count(*) as families
    from core.ess_post
    where not is_residual
    group by commune_code
),
territory_post as (
    select sum(posts) as posts, sum(establishments) as establishments from core.ess_post
),
has_posts as (
    select count(*) as rows_read from core.ess_post
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
        case when h.rows_read > 0 then coalesce(p.posts, 0) end as posts,
        coalesce(p.establishments, 0) as n_units,
        coalesce(p.is_hidden_at_source, 0) as is_hidden_at_source
    from rules.territory_commune as t
    cross join has_posts as h
    left join establishment as e on e.commune_code = t.code
    left join post as p on p.commune_code = t.code
),
total as (
    select 'total' as row_code, 'Ensemble du territoire' as row_label, 100000 as row_rank, 'total' as row_kind,
        '' as sublevel, sum(l.establishments) as establishments, sum(l.population) as population,
        max(p.posts) as posts, max(p.establishments) as n_units, 0 as is_hidden_at_source
    from line as l cross join territory_post as p
),
every as (
    select * from line union all select * from total
)
select row_code, row_label, row_rank, row_kind, 'sublevel' as column_code, cast(null as double) as value, sublevel as text,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as bigint) as n_units,
    cast(null as varchar) as flags
from every
union all
select row_code, row_label, row_rank, row_kind, 'establishments', establishments, null, null, null, null, null from every
union all
select row_code, row_label, row_rank, row_kind, 'per_1000', 1000.0 * establishments / nullif(population, 0), null,
    establishments, population, null, null
from every
union all
select row_code, row_label, row_rank, row_kind, 'posts', case when is_hidden_at_source = 1 then null else posts end, null,
    null, null, n_units, case when is_hidden_at_source = 1 then 'secret_a_la_source' end
from every
