-- grain: one activity code of the registers that its nomenclature does not have, with the codes of the same group (none is expected).
with listed as (
    select 'naf_rev1' as nomenclature, naf from rules.naf_rev1
    union all
    select 'naf_rev2', naf from rules.naf_rev2
    union all
    select 'naf_rev2', '00.00Z'
    union all
    select 'naf_2025', naf from rules.naf_2025
),
unknown as (
    select a.naf, v.nomenclature, v.label
    from core.activity as a
    inner join rules.naf_versions as v on v.nomenclature = a.nomenclature
    left join listed as l on l.nomenclature = a.nomenclature and l.naf = a.naf
    where l.naf is null
)
select
    u.naf || ' (' || u.label || coalesce(', proches : ' || string_agg(l.naf, ', ' order by l.naf), ', aucun code proche') || ')' as item,
    1 as observed,
    0 as expected
from unknown as u
left join listed as l on l.nomenclature = u.nomenclature and substr(l.naf, 1, 4) = substr(u.naf, 1, 4)
group by u.naf, u.label
order by u.naf
