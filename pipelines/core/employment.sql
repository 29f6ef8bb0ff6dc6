-- grain: one commune or the whole territory x field (ess, all, private) x ESS family x activity; posts and establishments of one
-- producer, so that a share is a share. The territory is the producer's own line when it has one, else the sum of what is shown.
with edition_year as (
    select
        max(case when source = 'flores' then vintage end) as of_all,
        max(case when source = 'flores_ess' then vintage end) as of_ess
    from rules.edition_source
),
latest as (
    select
        coalesce(max(y.of_all), (select max(period) from staging.flores)) as of_all,
        coalesce(max(y.of_ess), (select max(period) from staging.flores_ess)) as of_ess
    from edition_year as y
),
cell as (
    select f.geo_object, f.area_code, f.field, cast(null as varchar) as family, f.activity, f.measure,
        max(f.value) as amount, max(f.value_mark) as mark
    from staging.flores as f
    cross join latest as l
    where f.period = l.of_all and f.size_code = '_T' and f.sphere is null and f.field in ('all', 'private')
    group by f.geo_object, f.area_code, f.field, f.activity, f.measure
    union all
    -- the wide tables of before, only where there is no long file
    select 'COM', w.commune_code, 'all', null, w.activity, m.measure,
        max(case when m.measure = 'posts' then w.posts else w.establishments end),
        max(case when m.measure = 'posts' then w.posts_mark end)
    from staging.flores_wide as w
    cross join (select distinct measure from rules.flores_measures) as m
    cross join (select count(*) as rows_read from staging.flores) as h
    where h.rows_read = 0 and (m.measure = 'posts' or w.establishments is not null)
        and (m.measure = 'establishments' or w.posts is not null or w.posts_mark is not null)
    group by w.commune_code, w.activity, m.measure
    union all
    select f.geo_object, f.area_code, 'ess', f.family, f.activity, f.measure, max(f.value), max(f.value_mark)
    from staging.flores_ess as f
    cross join latest as l
    where f.period = l.of_ess
    group by f.geo_object, f.area_code, f.family, f.is_every_family, f.activity, f.measure
),
of_commune as (
    select c.* from cell as c inner join rules.territory_commune as t on t.code = c.area_code where c.geo_object = 'COM'
),
of_territory as (
    select c.*
    from cell as c
    inner join rules.territory_area as a on a.object = c.geo_object and a.code = c.area_code
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
