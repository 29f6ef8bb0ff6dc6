-- grain: one area of the producers x field (ess, all, private) x ESS family x activity x measure, of the edition's year; NULL family is
-- every family. One producer only, FLORES else CLAP. Absent is not zero: only what the producer gives is here, with its mark.
with edition_year as (
    select
        max(case when source = 'flores' then vintage end) as of_all,
        max(case when source = 'flores_ess' then vintage end) as of_ess,
        max(case when source = 'flores_wide' then vintage end) as of_wide,
        max(case when source = 'clap_wide' then vintage end) as of_clap_wide,
        max(case when source = 'clap' then vintage end) as of_clap
    from rules.edition_source
),
latest as (
    select
        coalesce(max(y.of_all), (select max(period) from staging.flores)) as of_all,
        coalesce(max(y.of_ess), (select max(period) from staging.flores_ess)) as of_ess
    from edition_year as y
),
long_table as (
    select count(*) as rows_read from staging.flores
),
flores_table as (
    select sum(rows_read) as rows_read
    from (
        select count(*) as rows_read from staging.flores
        union all
        select count(*) from staging.flores_ess
        union all
        select count(*) from staging.flores_wide
    ) as f
),
-- the wide tables of before, only where there is no long file; those of CLAP, only where nothing comes from FLORES
wide_cell as (
    select w.commune_code, w.activity, w.measure, w.value as amount, w.value_mark as mark, y.of_wide as year
    from staging.flores_wide as w
    cross join edition_year as y
    cross join long_table as h
    where h.rows_read = 0
    union all
    select w.commune_code, w.activity, w.measure, w.value, w.value_mark, y.of_clap_wide
    from staging.clap_wide as w
    cross join edition_year as y
    cross join flores_table as h
    where h.rows_read = 0
),
division as (
    select distinct a88, a38 from rules.naf_rev2
),
sector as (
    select a38, count(*) as divisions from division group by a38
),
-- a sector is the sum of its divisions, whole only when each of them is shown
wide_sector as (
    select
        c.commune_code,
        d.a38 as activity,
        c.measure,
        sum(c.amount) as amount,
        case when count(c.amount) < max(s.divisions) then 'partial' end as mark,
        max(c.year) as year
    from wide_cell as c
    inner join division as d on d.a88 = c.activity
    inner join sector as s on s.a38 = d.a38
    group by c.commune_code, d.a38, c.measure
),
clap_line as (
    select
        c.commune_code,
        c.family,
        case when c.posts_mark = 'by_nature' then 0 else c.posts end as posts,
        nullif(c.posts_mark, 'by_nature') as posts_mark,
        case when c.establishments_mark = 'by_nature' then 0 else c.establishments end as establishments,
        nullif(c.establishments_mark, 'by_nature') as establishments_mark,
        c.is_residual,
        t.code is not null as is_inside
    from staging.clap as c
    cross join flores_table as h
    left join rules.territory_commune as t on t.code = c.commune_code
    where h.rows_read = 0
),
clap_outside as (
    select count(*) as rows_outside from clap_line where not is_inside and not is_residual
),
-- what CLAP hides in the communes is in its residual line, which belongs to the territory when the file covers no other
clap_family as (
    select
        c.family,
        sum(c.posts) as posts,
        case when max(case when c.posts_mark is not null then 1 else 0 end) > max(case when c.is_residual and c.posts_mark is null then 1 else 0 end)
            then 'partial' end as posts_mark,
        sum(c.establishments) as establishments,
        case when max(c.establishments_mark) is not null then 'partial' end as establishments_mark
    from clap_line as c
    cross join clap_outside as o
    where o.rows_outside = 0
    group by c.family
),
clap_area as (
    select 'COM' as geo_object, commune_code as area_code, family, posts, posts_mark, establishments, establishments_mark
    from clap_line
    where is_inside
    union all
    select 'COM', commune_code, null, sum(posts), case when max(posts_mark) is not null then 'partial' end, sum(establishments),
        case when max(establishments_mark) is not null then 'partial' end
    from clap_line
    where is_inside
    group by commune_code
    union all
    select 'TERRITORY', '_T', family, posts, posts_mark, establishments, establishments_mark from clap_family
    union all
    select 'TERRITORY', '_T', null, sum(posts), max(posts_mark), sum(establishments), max(establishments_mark)
    from clap_family
    having count(*) > 0
)
select f.geo_object, f.area_code, f.field, cast(null as varchar) as family, f.activity, f.measure,
    max(f.value) as amount, max(f.value_mark) as mark, max(l.of_all) as year
from staging.flores as f
cross join latest as l
where f.period = l.of_all and f.size_code = '_T' and f.sphere is null and f.field in ('all', 'private')
group by f.geo_object, f.area_code, f.field, f.activity, f.measure
union all
select 'COM', commune_code, 'all', null, activity, measure, amount, mark, year from wide_cell
union all
select 'COM', w.commune_code, 'all', null, w.activity, w.measure, w.amount, w.mark, w.year
from wide_sector as w
left join wide_cell as c on c.commune_code = w.commune_code and c.activity = w.activity and c.measure = w.measure
where c.activity is null
union all
select f.geo_object, f.area_code, 'ess', f.family, f.activity, f.measure, max(f.value), max(f.value_mark), max(l.of_ess)
from staging.flores_ess as f
cross join latest as l
where f.period = l.of_ess
group by f.geo_object, f.area_code, f.family, f.is_every_family, f.activity, f.measure
union all
select c.geo_object, c.area_code, 'ess', c.family, '_T', m.measure,
    cast(case when m.measure = 'posts' then c.posts else c.establishments end as double),
    case when m.measure = 'posts' then c.posts_mark else c.establishments_mark end, y.of_clap
from clap_area as c
cross join (select distinct measure from rules.flores_measures) as m
cross join edition_year as y
