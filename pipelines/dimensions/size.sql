-- grain: one employer size band (up to 250-499, or the largest one observed) or 'small', which brings several together, x band of it;
-- then all. A size that is not known has its row.
-- view
with band as (
    select code, label, cast(rank as integer) as rank, cast(max as integer) as upper_bound, key <> 'non connu' as is_known
    from rules.size_bands
    where is_employer = 'true'
),
observed as (
    select greatest(coalesce(max(b.rank), 0), 10) as largest
    from core.field_establishment as e
    inner join band as b on b.code = e.size_band
    where b.is_known
)
select b.code as size, b.code, b.label, b.rank, case when b.is_known then 'data' else 'missing' end as kind
from band as b
cross join observed as o
where b.rank <= o.largest or not b.is_known
union all
select code, 'small', 'dont moins de 10 salariés', 200, 'subtotal' from band where is_known and upper_bound < 10
union all
select null, 'total', 'Ensemble', 300, 'total'
