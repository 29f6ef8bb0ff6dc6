-- grain: one area (the territory, then those that it is compared with, by rank) x activity (`_T` for all of them), every family together:
-- what one producer counts there of the ESS, of all employers, of private ones. A sum that is not known has no number: its bounds are
-- beside it. Units are the establishments that the producer shows, whole or not.
-- view
with cell as (
    select 'territory' as area, e.territory as label, 0 as rank, m.activity, m.field, m.posts, m.posts_mark, m.posts_low, m.posts_high,
        m.establishments, m.establishments_mark, m.establishments_low, m.establishments_high
    from core.employment as m
    cross join rules.edition as e
    where m.area = 'territory' and m.family is null
    union all
    select
        a.object || a.code,
        a.name,
        cast(a.rank as integer),
        c.activity,
        c.field,
        max(case when c.measure = 'posts' then c.amount end),
        max(case when c.measure = 'posts' then c.mark end),
        null,
        null,
        max(case when c.measure = 'establishments' then c.amount end),
        max(case when c.measure = 'establishments' then c.mark end),
        null,
        null
    from core.producer_cell as c
    inner join rules.compared_area as a on a.object = c.geo_object and a.code = c.area_code
    where c.family is null
    group by a.object, a.code, a.name, a.rank, c.activity, c.field
)
select
    area,
    label,
    rank,
    activity,
    max(case when field = 'ess' and posts_mark is null then posts end) as ess_posts,
    max(case when field = 'ess' then posts_mark end) as ess_posts_mark,
    max(case when field = 'ess' then posts_low end) as ess_posts_low,
    max(case when field = 'ess' then posts_high end) as ess_posts_high,
    max(case when field = 'ess' and establishments_mark is null then establishments end) as ess_establishments,
    max(case when field = 'ess' then establishments_low end) as ess_establishments_low,
    max(case when field = 'ess' then establishments_high end) as ess_establishments_high,
    max(case when field = 'ess' then establishments end) as ess_units,
    max(case when field = 'all' and posts_mark is null then posts end) as all_posts,
    max(case when field = 'all' then posts_mark end) as all_posts_mark,
    max(case when field = 'all' then posts_low end) as all_posts_low,
    max(case when field = 'all' then posts_high end) as all_posts_high,
    max(case when field = 'all' and establishments_mark is null then establishments end) as all_establishments,
    max(case when field = 'all' then establishments_low end) as all_establishments_low,
    max(case when field = 'all' then establishments_high end) as all_establishments_high,
    max(case when field = 'all' then establishments end) as all_units,
    max(case when field = 'private' and posts_mark is null then posts end) as private_posts,
    max(case when field = 'private' then posts_mark end) as private_posts_mark,
    max(case when field = 'private' then posts_low end) as private_posts_low,
    max(case when field = 'private' then posts_high end) as private_posts_high,
    max(case when field = 'private' and establishments_mark is null then establishments end) as private_establishments,
    max(case when field = 'private' then establishments_low end) as private_establishments_low,
    max(case when field = 'private' then establishments_high end) as private_establishments_high,
    max(case when field = 'private' then establishments end) as private_units
from cell
group by area, label, rank, activity
