-- grain: one sector of the edition's nomenclature (A38 of rév. 2, section of another), then establishments that the passage from another
-- nomenclature leaves between several, those of none, then all.
-- view
select n.code as sector, n.code, n.label, 0 as rank, 'data' as kind
from rules.naf_rev2_levels as n
inner join rules.edition as e on e.nomenclature = 'naf_rev2'
where n.level = 'a38'
union all
select n.code, n.code, n.label, 0, 'data'
from rules.naf_2025_levels as n
inner join rules.edition as e on e.nomenclature = 'naf_2025'
where n.level = 'section'
union all
select n.code, n.code, n.label, 0, 'data'
from rules.naf_rev1_levels as n
inner join rules.edition as e on e.nomenclature = 'naf_rev1'
where n.level = 'section'
union all
select 'uncertain', 'uncertain', 'Activité que le passage d’une nomenclature à l’autre ne classe pas', 1, 'data'
union all
select '', 'unknown', 'Activité non classée', 2, 'data'
union all
select null, 'total', 'Ensemble', 100000, 'total'
