-- grain: one activity code that a register gives x its nomenclature (the edition's where the register names none).
-- Taken from the registers themselves, whole: few codes, and no need to know yet which establishments are of the territory.
-- shared: the registers are the same for every territory.
with given as (
    select naf, nomenclature from staging.sirene_establishment
    union
    select naf_2025, 'naf_2025' from staging.sirene_establishment
    union
    select naf, nomenclature from staging.sirene_legal_unit
    union
    select naf_2025, 'naf_2025' from staging.sirene_legal_unit
    union
    select naf, 'naf_rev2' from staging.manageo
    union
    select naf, 'naf_rev2' from staging.sirene_old
    union
    select naf_unit, 'naf_rev2' from staging.sirene_old
)
select distinct g.naf, coalesce(g.nomenclature, e.nomenclature) as nomenclature
from given as g
cross join rules.edition as e
where g.naf is not null
