-- grain: one commune or the whole territory x field (ess, all, private) x ESS family x activity; posts and establishments of one
-- producer, so that a share is a share. Accounted for: the territory is the producer's own line when it gives one, else the sum of its
-- communes when each of them is known; any other sum is 'partial', never a total: it is bounded (`_low`, `_high`) by what the producer
-- shows, and exact when that leaves it one value. Absent is not zero.
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
expected as (
    select count(*) as communes from rules.territory_commune
),
sector as (
    select distinct code from rules.naf_rev2_levels where level = 'a38'
),
-- a commune whose sectors make its total: a sector that it does not have is a zero there
closed as (
    select c.area_code, c.field, c.measure
    from of_commune as c
    left join sector as n on n.code = c.activity
    where c.family is null and c.mark is null
    group by c.area_code, c.field, c.measure
    having max(case when c.activity = '_T' then c.amount end) = coalesce(sum(case when n.code is not null then c.amount end), 0)
),
closed_in_all as (
    select field, measure, count(*) as communes from closed group by field, measure
),
summed as (
    select
        c.field,
        c.family,
        c.activity,
        c.measure,
        sum(c.amount) as amount,
        case
            when max(case when c.mark is not null then 1 else 0 end) = 1 then 'partial'
            when count(*) = max(e.communes) then null
            when c.family is null and max(n.code) is not null
                and count(*) + coalesce(max(a.communes), 0) - count(z.area_code) = max(e.communes) then null
            else 'partial'
        end as mark
    from of_commune as c
    cross join expected as e
    left join sector as n on n.code = c.activity
    left join closed as z on z.area_code = c.area_code and z.field = c.field and z.measure = c.measure
    left join closed_in_all as a on a.field = c.field and a.measure = c.measure
    group by c.field, c.family, c.activity, c.measure
),
-- a partial sum is at least what its terms hold; across activities, what the programme of the margins leaves of it
bounded as (
    select s.*, coalesce(b.low, s.amount) as low, b.high
    from summed as s
    left join core.employment_bound as b
        on s.activity = '_T' and b.account = s.measure and b.term = 'territory|' || s.field || '|' || coalesce(s.family, '')
),
placed as (
    select 'commune' as area, area_code as commune_code, field, family, activity, measure, amount, mark, cast(null as double) as low,
        cast(null as double) as high
    from of_commune
    union all
    select 'territory', null, field, family, activity, measure, amount, mark, case when mark = 'partial' then amount end, null
    from of_territory
    union all
    select 'territory', null, s.field, s.family, s.activity, s.measure,
        case when s.low = s.high then s.low else s.amount end,
        case when s.low = s.high then null else s.mark end,
        case when s.mark is not null and s.low = s.high then null when s.mark is not null then s.low end,
        case when s.mark is not null and s.low = s.high then null when s.mark is not null then s.high end
    from bounded as s
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
    max(case when measure = 'posts' then low end) as posts_low,
    max(case when measure = 'posts' then high end) as posts_high,
    max(case when measure = 'establishments' then amount end) as establishments,
    max(case when measure = 'establishments' then mark end) as establishments_mark,
    max(case when measure = 'establishments' then low end) as establishments_low,
    max(case when measure = 'establishments' then high end) as establishments_high
from placed
group by area, commune_code, field, family, activity
