-- grain: one area of the producers x field (ess, all, private) x ESS family x activity x measure, of the edition's year; NULL family is
-- every family. Absent is not zero: only what a producer gives is here, with its mark.
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
)
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
