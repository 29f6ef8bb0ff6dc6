-- grain: one ESS family of the perimeter edition x measure; a legal unit is counted once.
with counted as (
    select ess_family as family, count(distinct siren) as units, count(*) as establishments
    from core.field_establishment
    group by ess_family
),
whole as (
    select count(distinct siren) as units, count(*) as establishments from core.field_establishment
),
line as (
    select f.family as row_code, l.label as row_label, cast(l.rank as integer) as row_rank, 'data' as row_kind,
        coalesce(c.units, 0) as units, coalesce(c.establishments, 0) as establishments
    from rules.perimeter_family as f
    inner join rules.ess_families as l on l.family = f.family
    left join counted as c on c.family = f.family
    union all
    select 'total', 'Ensemble', 1000, 'total', units, establishments from whole
)
select row_code, row_label, row_rank, row_kind, 'units' as column_code, cast(units as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'units_share', 100.0 * l.units / nullif(w.units, 0), l.units, w.units
from line as l cross join whole as w
union all
select row_code, row_label, row_rank, row_kind, 'establishments', establishments, null, null from line
union all
select row_code, row_label, row_rank, row_kind, 'per_unit', 1.0 * establishments / nullif(units, 0), establishments, units from line
