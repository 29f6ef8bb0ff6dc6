-- grain: one commune x ESS family. The producer's residual line is kept only when its file covers no other territory.
with outside as (
    select count(*) as rows_outside
    from staging.clap as c
    left join rules.territory_commune as t on t.code = c.commune_code
    where t.code is null and not c.is_residual
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
