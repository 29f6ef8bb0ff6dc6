-- grain: one ESS family of the perimeter edition x measure. Posts are those that the producer accounts for: its own line, or a sum
-- without any hidden term; a family that it does not name is a zero only when the others make its total.
with establishment as (
    select ess_family as family, count(*) as establishments from core.field_establishment group by ess_family
),
post as (
    select family, posts, posts_mark, posts_low, posts_high, establishments
    from core.employment
    where area = 'territory' and field = 'ess' and activity = '_T'
),
named as (
    select
        sum(posts) as posts,
        sum(establishments) as establishments,
        max(case when posts_mark is not null then 1 else 0 end) as is_marked
    from post
    where family is not null
),
whole as (
    select
        max(p.posts) as posts,
        max(p.posts_mark) as posts_mark,
        max(p.posts_low) as posts_low,
        max(p.posts_high) as posts_high,
        max(p.establishments) as establishments,
        max(case when n.is_marked = 0 and p.posts_mark is null and n.posts = p.posts then 1 else 0 end) as is_made_of_named
    from post as p
    cross join named as n
    where p.family is null
),
line as (
    select
        f.family as row_code,
        l.label as row_label,
        cast(l.rank as integer) as row_rank,
        'data' as row_kind,
        coalesce(e.establishments, 0) as establishments,
        case when p.family is null and w.is_made_of_named = 1 and not f.is_on_evidence then 0
            when p.posts_mark is null then p.posts end as posts,
        p.posts_mark,
        p.posts_low,
        p.posts_high,
        coalesce(p.establishments, 0) as n_units
    from rules.perimeter_family as f
    cross join whole as w
    inner join rules.ess_families as l on l.family = f.family
    left join establishment as e on e.family = f.family
    left join post as p on p.family = f.family
    union all
    select 'total', 'Ensemble', 1000, 'total', coalesce(e.establishments, 0), case when w.posts_mark is null then w.posts end,
        w.posts_mark, w.posts_low, w.posts_high, coalesce(w.establishments, 0)
    from whole as w
    cross join (select sum(establishments) as establishments from establishment) as e
),
total as (
    select max(establishments) as establishments, max(posts) as posts from line where row_kind = 'total'
)
select row_code, row_label, row_rank, row_kind, 'count' as column_code, cast(establishments as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as bigint) as n_units,
    cast(null as varchar) as flags, cast(null as double) as low, cast(null as double) as high
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share', 100.0 * l.establishments / nullif(t.establishments, 0),
    l.establishments, t.establishments, null, null, null, null
from line as l cross join total as t
union all
select row_code, row_label, row_rank, row_kind, 'posts', posts, null, null, cast(n_units as bigint),
    case posts_mark when 'secret' then 'secret_a_la_source' when 'partial' then 'total_incomplet' end, posts_low, posts_high
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'posts_share', 100.0 * l.posts / nullif(t.posts, 0), l.posts, t.posts,
    cast(l.n_units as bigint), case when l.posts_mark = 'secret' then 'secret_a_la_source' end, null, null
from line as l cross join total as t
