-- grain: one commune or the whole territory x field (ess, all, private) x ESS family x activity; posts and establishments of one
-- producer, so that a share is a share. The territory is the producer's own line when it has one, else the sum of what is shown.
with of_commune as (
    select c.* from core.producer_cell as c inner join rules.territory_commune as t on t.code = c.area_code where c.geo_object = 'COM'
),
of_territory as (
    select c.*
    from core.producer_cell as c
    inner join rules.territory_area as a on a.object = c.geo_object and a.code = c.area_code
    union all
    select * from core.producer_cell where geo_object = 'TERRITORY'
),
summed as (
    select field, family, activity, measure, sum(amount) as amount,
        max(case when mark is not null then 1 else 0 end) as is_partial
    from of_commune
    group by field, family, activity, measure
),
placed as (
    select 'commune' as area, area_code as commune_code, field, family, activity, measure, amount, mark from of_commune
    union all
    select 'territory', null, field, family, activity, measure, amount, mark from of_territory
    union all
    select 'territory', null, s.field, s.family, s.activity, s.measure, s.amount, case when s.is_partial = 1 then 'partial' end
    from summed as s
    left join of_territory as t
        on t.field = s.field and coalesce(t.family, '') = coalesce(s.family, '') and t.activity = s.activity and t.measure = s.measure
    where t.activity is null
)
select
    area,
    commune_code,
    field,
    family,
    activity,
    max(case when measure = 'posts' then amount end) as posts,
    max(case when measure = 'posts' then mark end) as posts_mark,
    max(case when measure = 'establishments' then amount end) as establishments,
    max(case when measure = 'establishments' then mark end) as establishments_mark
from placed
group by area, commune_code, field, family, activity
