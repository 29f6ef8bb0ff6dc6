-- grain: one of the last six years of the series x ESS family (or all) in the region of the territory.
with bound as (
    select max(year) as last_year from core.regional_employment
),
line as (
    select
        case when b.last_year = c.year then 'last' else 'before_' || cast(b.last_year - c.year as varchar) end as row_code,
        cast(c.year as varchar) as row_label,
        cast(c.year as integer) as row_rank,
        c.year,
        c.family,
        c.jobs,
        c.jobs_low,
        c.establishments
    from core.regional_employment as c
    cross join bound as b
    where c.year > b.last_year - 6
),
change as (
    select a.row_code, a.row_label, a.row_rank, a.jobs, a.establishments, b.jobs as jobs_before
    from line as a
    left join core.regional_employment as b on b.family = 'total' and b.year = a.year - 1
    where a.family = 'total'
)
select row_code, row_label, row_rank, family as column_code, jobs as value, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(round(cast(establishments as decimal(38, 10))) as bigint) as n_units, cast(null as varchar) as obs_status,
    case when jobs_low is not null then 'total_incomplet' end as flags, jobs_low as low
from line
union all
select row_code, row_label, row_rank, 'change', 100.0 * (jobs - jobs_before) / nullif(jobs_before, 0), jobs - jobs_before, jobs_before,
    cast(round(cast(establishments as decimal(38, 10))) as bigint), case when jobs_before is null then 'O' end, null, null
from change
