-- grain: one year of the series x ESS family, then all of them (`total`), in the region of the territory. Quarters of a year are averaged
-- for jobs, and added for payroll when the four are there; a year that lacks a line, or a family that another year has, has no total, and
-- at least (`jobs_low`) the jobs that are known.
-- view
with region as (
    select code from rules.compared_area where object = 'REG' order by rank limit 1
),
period as (
    select
        u.year,
        coalesce(u.quarter, '') as quarter,
        u.family,
        case when count(u.jobs) = count(*) then sum(u.jobs) end as jobs,
        coalesce(sum(u.jobs), 0) as jobs_low,
        sum(u.establishments) as establishments,
        case when count(u.payroll_eur) = count(*) then sum(u.payroll_eur) end as payroll_eur
    from staging.urssaf_ess as u
    inner join region as r on r.code = u.region_code
    group by u.year, coalesce(u.quarter, ''), u.family
),
by_family as (
    select
        year,
        family,
        case when count(jobs) = count(*) then avg(jobs) end as jobs,
        case when count(jobs) < count(*) then nullif(avg(jobs_low), 0) end as jobs_low,
        avg(establishments) as establishments,
        case when count(payroll_eur) = count(*) and (max(quarter) = '' or count(*) = 4) then sum(payroll_eur) end as payroll_eur
    from period
    group by year, family
)
select * from by_family
union all
select
    f.year,
    'total',
    case when count(f.jobs) = max(k.families) then sum(f.jobs) end,
    case when count(f.jobs) < max(k.families) then sum(coalesce(f.jobs, f.jobs_low)) end,
    sum(f.establishments),
    case when count(f.payroll_eur) = max(k.families) then sum(f.payroll_eur) end
from by_family as f
cross join (select count(distinct family) as families from by_family) as k
group by f.year
