-- grain: one term of one line of the programme that bounds the totals of the producer x measure (account): low <= sum of coef x term <=
-- high, every activity together. Terms: the territory, its communes, what an area has outside of the territory. All of it is what the
-- producer shows: its cells, families within their total, the ESS within all posts, communes within the areas that hold them, the
-- limits of the size bands of their establishments.
-- bounds: core.employment_bound
with cell as (
    select geo_object, area_code, field, coalesce(family, '') as family, measure, amount, mark
    from core.producer_cell
    where activity = '_T'
),
of_commune as (
    select c.* from cell as c inner join rules.territory_commune as t on t.code = c.area_code where c.geo_object = 'COM'
),
of_territory as (
    select c.* from cell as c inner join rules.territory_area as a on a.object = c.geo_object and a.code = c.area_code
    union all
    select * from cell where geo_object = 'TERRITORY'
),
kind as (
    select distinct field, family, measure from of_commune
),
-- a sum that its own line does not give
sought as (
    select k.field, k.family, k.measure
    from kind as k
    left join of_territory as t on t.field = k.field and t.family = k.family and t.measure = k.measure
    where t.field is null
),
-- a hidden or absent cell is anything from 0, or what its size bands leave; of a partial one, at least what it holds is there
place as (
    select t.code, k.field, k.family, k.measure,
        case when c.amount is not null and c.mark is null then c.amount else greatest(coalesce(c.amount, 0), coalesce(s.low, 0)) end as low,
        case when c.amount is not null and c.mark is null then c.amount else s.high end as high
    from rules.territory_commune as t
    cross join kind as k
    left join of_commune as c on c.area_code = t.code and c.field = k.field and c.family = k.family and c.measure = k.measure
    left join core.size_bound as s
        on s.geo_object = 'COM' and s.area_code = t.code and s.field = k.field and k.family = '' and k.measure = 'posts'
),
holder as (
    select code, 'REG' as geo_object, region as area_code from rules.communes
    union all
    select code, 'DEP', departement from rules.communes
    union all
    select code, 'ARR', arrondissement from rules.communes
    union all
    select code, 'EPCI', epci_code from rules.communes
),
member as (
    select h.geo_object, h.area_code, h.code, t.code is not null as is_inside
    from holder as h
    left join rules.territory_commune as t on t.code = h.code
),
area as (
    select geo_object, area_code, max(case when is_inside then 0 else 1 end) as has_rest
    from member
    group by geo_object, area_code
    having max(case when is_inside then 1 else 0 end) = 1
),
margin as (
    select c.geo_object || c.area_code as area, c.geo_object, c.area_code, a.has_rest, c.field, c.family, c.measure, c.amount
    from cell as c
    inner join area as a on a.geo_object = c.geo_object and a.area_code = c.area_code
    inner join kind as k on k.field = c.field and k.family = c.family and k.measure = c.measure
    where c.mark is null and c.amount is not null
),
-- what the producer shows of the communes of an area: a line that is less than that is of another geography, and is left aside
shown as (
    select g.area, g.field, g.family, g.measure,
        sum(coalesce(c.amount, 0)) as amount,
        sum(case when m.is_inside then 0 else coalesce(c.amount, 0) end) as amount_outside,
        max(case when m.is_inside or (c.amount is not null and c.mark is null) then 0 else 1 end) as has_unknown
    from margin as g
    inner join member as m on m.geo_object = g.geo_object and m.area_code = g.area_code
    left join cell as c
        on c.geo_object = 'COM' and c.area_code = m.code and c.field = g.field and c.family = g.family and c.measure = g.measure
    group by g.area, g.field, g.family, g.measure
),
held as (
    select g.*, s.amount_outside, s.has_unknown
    from margin as g
    inner join shown as s on s.area = g.area and s.field = g.field and s.family = g.family and s.measure = g.measure
    where s.amount <= g.amount
),
line as (
    select measure as account, 'commune|' || code || '|' || field || '|' || family as equation,
        'commune|' || code || '|' || field || '|' || family as term, 1.0 as coef, low, high
    from place
    union all
    select measure, 'sum|' || field || '|' || family, 'territory|' || field || '|' || family, -1.0, 0.0, 0.0
    from sought
    union all
    select p.measure, 'sum|' || p.field || '|' || p.family, 'commune|' || p.code || '|' || p.field || '|' || p.family, 1.0, 0.0, 0.0
    from place as p
    inner join sought as s on s.field = p.field and s.family = p.family and s.measure = p.measure
    union all
    select p.measure, 'families|' || p.code || '|' || p.field, 'commune|' || p.code || '|' || p.field || '|' || p.family,
        case when p.family = '' then -1.0 else 1.0 end, null, 0.0
    from place as p
    inner join kind as k on k.measure = p.measure and k.field = p.field and k.family = ''
    union all
    select p.measure, 'fields|' || p.code || '|' || p.field, 'commune|' || p.code || '|' || p.field || '|', 1.0, null, 0.0
    from place as p
    inner join kind as k on k.measure = p.measure and k.field = 'all' and k.family = ''
    where p.family = '' and p.field <> 'all'
    union all
    select p.measure, 'fields|' || p.code || '|' || k.field, 'commune|' || p.code || '|all|', -1.0, null, 0.0
    from place as p
    inner join kind as k on k.measure = p.measure and k.family = '' and k.field <> 'all'
    where p.family = '' and p.field = 'all'
    union all
    select h.measure, 'area|' || h.area || '|' || h.field || '|' || h.family, 'commune|' || m.code || '|' || h.field || '|' || h.family,
        1.0, h.amount, h.amount
    from held as h
    inner join member as m on m.geo_object = h.geo_object and m.area_code = h.area_code and m.is_inside
    union all
    select measure, 'area|' || area || '|' || field || '|' || family, 'outside|' || area || '|' || field || '|' || family, 1.0, amount, amount
    from held
    where has_rest = 1
    union all
    select measure, 'outside|' || area || '|' || field || '|' || family, 'outside|' || area || '|' || field || '|' || family, 1.0,
        amount_outside, case when has_unknown = 0 then amount_outside end
    from held
    where has_rest = 1
)
select l.account, l.equation, l.term, cast(l.coef as double) as coef, cast(l.low as double) as low, cast(l.high as double) as high,
    s.field is not null as is_sought
from line as l
left join sought as s on l.term = 'territory|' || s.field || '|' || s.family and s.measure = l.account
