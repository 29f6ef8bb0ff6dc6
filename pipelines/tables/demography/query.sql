-- grain: one of the five last full years x measure, establishments of the nature that the perimeter keeps, employer or not. A stock of
-- the open ones alone tells how many they are, not how many were created and closed.
with bound as (
    select last_full_year as last_year from rules.edition
),
back as (
    select 0 as years_ago
    union all
    select 1
    union all
    select 2
    union all
    select 3
    union all
    select 4
),
year as (
    select cast(b.last_year - k.years_ago as integer) as year, k.years_ago from bound as b cross join back as k
),
untold as (
    select count(*) as sites from core.site_life where not is_told
),
counted as (
    select
        y.year,
        y.years_ago,
        count(case when l.created_year = y.year then 1 end) as births,
        count(case when l.closed_year = y.year then 1 end) as deaths,
        count(case when not l.is_undated and (l.closed_year is null or l.closed_year > y.year) then 1 end) as stock,
        count(case when not l.is_undated and l.created_year < y.year and (l.closed_year is null or l.closed_year >= y.year) then 1 end)
            as stock_before
    from year as y
    left join core.site_life as l on l.created_year <= y.year
    group by y.year, y.years_ago
),
line as (
    select case when years_ago = 0 then 'last' else 'before_' || cast(years_ago as varchar) end as row_code,
        cast(year as varchar) as row_label, 10 - years_ago as row_rank, c.stock as stock,
        case when u.sites = 0 then c.births end as births,
        case when u.sites = 0 then c.deaths end as deaths,
        case when u.sites = 0 then c.stock_before end as stock_before
    from counted as c
    cross join untold as u
    where u.sites = 0 or c.years_ago = 0
)
select row_code, row_label, row_rank, 'births' as column_code, cast(births as double) as value, cast(null as double) as numerator,
    cast(null as double) as denominator
from line
union all
select row_code, row_label, row_rank, 'deaths', deaths, null, null from line
union all
select row_code, row_label, row_rank, 'stock', stock, null, null from line
union all
select row_code, row_label, row_rank, 'birth_rate', 100.0 * births / nullif(stock_before, 0), births, stock_before from line
union all
select row_code, row_label, row_rank, 'death_rate', 100.0 * deaths / nullif(stock_before, 0), deaths, stock_before from line
