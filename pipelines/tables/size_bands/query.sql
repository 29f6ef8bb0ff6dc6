-- grain: one size band x measure. Every employer band is shown, zeros included, up to 250-499 or the largest one observed.
with counted as (
    select
        b.code,
        b.label,
        cast(b.rank as integer) as band_rank,
        cast(b.max as integer) as upper_bound,
        b.key <> 'non connu' as is_known,
        count(e.siret) as establishments
    from rules.size_bands as b
    left join core.field_establishment as e on e.size_band = b.code
    where b.is_employer = 'true'
    group by b.code, b.label, b.rank, b.max, b.key
),
largest as (
    select max(band_rank) as band_rank from counted where is_known and establishments > 0
),
shown as (
    select c.* from counted as c cross join largest as l where c.band_rank <= greatest(coalesce(l.band_rank, 0), 10) or not c.is_known
),
total as (
    select
        sum(establishments) as establishments,
        sum(case when is_known then establishments else 0 end) as known_establishments
    from shown
),
line as (
    select code as row_code, label as row_label, band_rank as row_rank, case when is_known then 'data' else 'missing' end as row_kind, is_known, establishments from shown
    union all
    select 'small', 'dont moins de 10 salariés', 200, 'subtotal', true, coalesce(sum(establishments), 0)
    from shown where is_known and upper_bound < 10
    union all
    select 'total', 'Ensemble', 300, 'total', true, establishments from total
)
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'count' as column_code, l.establishments as value,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as varchar) as obs_status
from line as l
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share',
    100.0 * l.establishments / nullif(t.establishments, 0), l.establishments, t.establishments, null
from line as l cross join total as t
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share_known',
    case when not l.is_known then null
        when l.row_kind = 'total' then 100.0 * t.known_establishments / nullif(t.known_establishments, 0)
        else 100.0 * l.establishments / nullif(t.known_establishments, 0) end,
    case when not l.is_known then null when l.row_kind = 'total' then t.known_establishments else l.establishments end,
    case when l.is_known then t.known_establishments end,
    case when not l.is_known then 'M' end
from line as l cross join total as t
