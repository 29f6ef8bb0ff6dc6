-- grain: one ESS family; establishments of the register beside those of CLAP.
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
    coalesce(r.family, c.family) as item,
    coalesce(r.establishments, 0) as observed,
    coalesce(c.establishments, 0) as expected
from register as r
full join clap as c on c.family = r.family
