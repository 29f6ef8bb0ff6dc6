-- grain: one area of FLORES x field: the posts that its establishments by size band leave it, every activity together. A band holds its
-- posts where the producer shows them, else its establishments times its limits; from below, what is shown of the bands; from above, only
-- where they make all the establishments of the area and the largest is not open-ended. A band is one of 31 December, as the posts are.
-- The bands of registers bound nothing here: they are of another day, another perimeter, and of establishments that are named.
with latest as (
    select coalesce(max(s.vintage), (select max(period) from staging.flores)) as period
    from rules.edition_source as s
    where s.source = 'flores'
),
cell as (
    select f.geo_object, f.area_code, f.field, f.size_code, f.measure, f.value
    from staging.flores as f
    inner join latest as l on l.period = f.period
    where f.activity = '_T' and f.sphere is null and f.field in ('all', 'private') and f.value_mark is null
),
band as (
    select
        c.geo_object,
        c.area_code,
        c.field,
        c.size_code,
        min(cast(b.min as integer)) as least,
        min(cast(b.max as integer)) as most,
        max(case when c.measure = 'establishments' then c.value end) as establishments,
        max(case when c.measure = 'posts' then c.value end) as posts
    from cell as c
    inner join rules.flores_sizes as b on b.code = c.size_code
    group by c.geo_object, c.area_code, c.field, c.size_code
),
whole as (
    select geo_object, area_code, field, max(value) as establishments
    from cell
    where size_code = '_T' and measure = 'establishments'
    group by geo_object, area_code, field
)
select
    b.geo_object,
    b.area_code,
    b.field,
    sum(coalesce(b.posts, b.establishments * b.least, 0)) as low,
    case
        when sum(b.establishments) = max(w.establishments)
            and count(case when b.posts is null and b.most is null and b.establishments > 0 then 1 end) = 0
            then sum(coalesce(b.posts, b.establishments * b.most, 0))
    end as high
from band as b
left join whole as w on w.geo_object = b.geo_object and w.area_code = b.area_code and w.field = b.field
group by b.geo_object, b.area_code, b.field
