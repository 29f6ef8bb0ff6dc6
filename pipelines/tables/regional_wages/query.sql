-- grain: one ESS family (or all) in the region of the territory, last year of the series x measure; what lacks a payroll has no wage.
with bound as (
    select max(year) as last_year from core.regional_employment
),
line as (
    select
        c.family as row_code,
        coalesce(f.label, 'Ensemble') as row_label,
        coalesce(cast(f.rank as integer), 1000) as row_rank,
        case when c.family = 'total' then 'total' else 'data' end as row_kind,
        c.jobs,
        c.jobs_low,
        c.payroll_eur,
        c.payroll_eur / nullif(c.jobs, 0) as wage_eur,
        p.payroll_eur / nullif(p.jobs, 0) as wage_before_eur,
        cast(round(cast(c.establishments as decimal(38, 10))) as bigint) as n_units
    from core.regional_employment as c
    inner join bound as b on b.last_year = c.year
    left join rules.ess_families as f on f.family = c.family
    left join core.regional_employment as p on p.family = c.family and p.year = c.year - 1
)
select row_code, row_label, row_rank, row_kind, 'jobs' as column_code, jobs as value, cast(null as double) as numerator,
    cast(null as double) as denominator, n_units, case when jobs_low is not null then 'total_incomplet' end as flags, jobs_low as low
from line
union all
select row_code, row_label, row_rank, row_kind, 'payroll', payroll_eur / 1000000.0, null, null, n_units, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'wage', wage_eur, payroll_eur, jobs, n_units, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'change', 100.0 * (wage_eur - wage_before_eur) / nullif(wage_before_eur, 0),
    wage_eur - wage_before_eur, wage_before_eur, n_units, null, null
from line
