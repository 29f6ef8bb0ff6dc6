-- grain: one commune x ESS family. The producer's residual line is kept only when its file covers no other territory; where the
-- producer gives a line for the whole territory instead, what it hides in the communes is the difference.
with outside as (
    select count(*) as rows_outside
    from staging.clap as c
    left join rules.territory_commune as t on t.code = c.commune_code
    where t.code is null and not c.is_residual
),
has_clap as (
    select count(*) as rows_read from staging.clap
),
shown as (
    select family, sum(posts) as posts, sum(establishments) as establishments
    from core.employment
    where field = 'ess' and area = 'commune' and family is not null and activity = '_T'
    group by family
)
select
    c.commune_code,
    c.family,
    c.establishments,
    c.posts,
    c.posts_mark,
    c.is_residual
from staging.clap as c
cross join outside as o
left join rules.territory_commune as t on t.code = c.commune_code
where t.code is not null or (c.is_residual and o.rows_outside = 0)
union all
select f.commune_code, f.family, cast(f.establishments as bigint), cast(f.posts as bigint), f.posts_mark, false
from core.employment as f
cross join has_clap as h
where h.rows_read = 0 and f.field = 'ess' and f.area = 'commune' and f.family is not null and f.activity = '_T'
union all
select 'reste', f.family, cast(f.establishments - coalesce(s.establishments, 0) as bigint),
    cast(f.posts - coalesce(s.posts, 0) as bigint), null, true
from core.employment as f
cross join has_clap as h
left join shown as s on s.family = f.family
where h.rows_read = 0 and f.field = 'ess' and f.area = 'territory' and f.family is not null and f.activity = '_T'
    and (f.posts > coalesce(s.posts, 0) or f.establishments > coalesce(s.establishments, 0))
