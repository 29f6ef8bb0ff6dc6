-- grain: one ESS family that CLAP gives whole; establishments of the register beside its own.
with register as (
    select ess_family as family, count(*) as establishments
    from core.field_establishment
    group by ess_family
),
clap as (
    select family, establishments
    from core.employment
    where area = 'territory' and field = 'ess' and family is not null and activity = '_T' and establishments_mark is null
)
select
    c.family as item,
    coalesce(r.establishments, 0) as observed,
    c.establishments as expected
from clap as c
left join register as r on r.family = c.family
