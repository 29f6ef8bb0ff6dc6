-- grain: one sub-level (inter-municipality) x measure: associations open at the reference date, and those that are ESS employers.
-- An inter-municipality of which the territory holds some communes only says so.
with parted as (
    select distinct code from rules.territory_level where not is_whole
),
area as (
    select t.epci_code, min(t.epci_name) || case when count(p.code) > 0 then ' (partie)' else '' end as epci_name,
        sum(t.population) as population
    from rules.territory_commune as t
    left join parted as p on p.code = t.epci_code
    group by t.epci_code
),
employer as (
    select distinct siren from core.field_establishment
),
counted as (
    select
        a.epci_code,
        count(*) as open,
        count(a.siren) as known,
        count(distinct e.siren) as employers
    from core.association as a
    left join employer as e on e.siren = a.siren
    where a.is_open
    group by a.epci_code
),
placed as (
    select
        s.epci_code as row_code,
        s.epci_name as row_label,
        'data' as row_kind,
        s.population,
        coalesce(c.open, 0) as open,
        coalesce(c.known, 0) as known,
        coalesce(c.employers, 0) as employers
    from area as s
    left join counted as c on c.epci_code = s.epci_code
),
line as (
    select *, row_number() over (order by open desc, row_code) as row_rank from placed
    union all
    select 'total', 'Ensemble du territoire', 'total', sum(population), sum(open), sum(known), sum(employers), 100000 from placed
)
select row_code, row_label, row_rank, row_kind, 'open' as column_code, cast(open as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select row_code, row_label, row_rank, row_kind, 'per_1000', 1000.0 * open / nullif(population, 0), open, population from line
union all
select row_code, row_label, row_rank, row_kind, 'known', known, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'employers', employers, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'employers_share', 100.0 * employers / nullif(open, 0), employers, open from line
