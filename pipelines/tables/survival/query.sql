-- grain: year of creation (the five before the last full year) x years survived; open at the end of the year, employer or not.
with bound as (
    select last_full_year as last_year from rules.edition
),
age as (
    select 1 as years
    union all
    select 2
    union all
    select 3
    union all
    select 4
    union all
    select 5
),
cohort as (
    select cast(b.last_year - a.years as integer) as year, a.years as years_ago from bound as b cross join age as a
),
untold as (
    select count(*) as sites from core.site_life where not is_told
),
lived as (
    select
        c.year,
        c.years_ago,
        a.years,
        count(l.created_year) as created,
        count(case when not l.is_undated and (l.closed_year is null or l.closed_year > c.year + a.years) then l.created_year end) as still_open
    from cohort as c
    cross join age as a
    left join core.site_life as l on l.created_year = c.year
    group by c.year, c.years_ago, a.years
),
line as (
    select
        'before_' || cast(years_ago as varchar) as row_code,
        cast(year as varchar) as row_label,
        10 - years_ago as row_rank,
        years,
        years > years_ago as is_to_come,
        created,
        still_open
    from lived
    cross join untold as u
    where u.sites = 0
)
select row_code, row_label, row_rank, 'created' as column_code, cast(created as double) as value, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(null as varchar) as obs_status
from line
where years = 1
union all
select row_code, row_label, row_rank, 'open_' || cast(years as varchar),
    case when not is_to_come then 100.0 * still_open / nullif(created, 0) end,
    case when not is_to_come and created > 0 then still_open end,
    case when not is_to_come and created > 0 then created end,
    case when is_to_come or created = 0 then 'M' end
from line
