-- grain: one ESS family of the perimeter edition x measure.
with establishment as (
    select ess_family as family, count(*) as establishments from core.field_establishment group by ess_family
),
post as (
    select family, sum(posts) as posts, sum(establishments) as n_units from core.ess_post group by family
),
has_posts as (
    select count(*) as rows_read from core.ess_post
),
family as (
    select
        f.family as row_code,
        l.label as row_label,
        cast(l.rank as integer) as row_rank,
        'data' as row_kind,
        coalesce(e.establishments, 0) as establishments,
        case when h.rows_read > 0 and not f.is_on_evidence then coalesce(p.posts, 0) else p.posts end as posts,
        coalesce(p.n_units, 0) as n_units
    from rules.perimeter_family as f
    cross join has_posts as h
    inner join rules.ess_families as l on l.family = f.family
    left join establishment as e on e.family = f.family
    left join post as p on p.family = f.family
),
total as (
    select sum(establishments) as establishments, sum(posts) as posts, sum(n_units) as n_units from family
),
line as (
    select * from family
    union all
    select 'total', 'Ensemble', 1000, 'total', establishments, posts, n_units from total
)
select row_code, row_label, row_rank, row_kind, 'count' as column_code, cast(establishments as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as bigint) as n_units
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share', 100.0 * l.establishments / nullif(t.establishments, 0),
    l.establishments, t.establishments, null
from line as l cross join total as t
union all
select row_code, row_label, row_rank, row_kind, 'posts', posts, null, null, n_units from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'posts_share', 100.0 * l.posts / nullif(t.posts, 0), l.posts, t.posts,
    l.n_units
from line as l cross join total as t
