-- grain: one SIRET x type of structure.
select
    t.siret,
    substr(t.siret, 1, 9) as siren,
    upper(t.kind) as kind,
    coalesce(k.is_siae = 'true', false) as is_siae,
    t.name,
    t.brand,
    t.city,
    t.postcode,
    t.departement,
    t._file,
    t._sha256,
    t._sheet,
    t._line
from staging.siae_list_typed as t
left join rules.siae_kinds as k on k.code = upper(t.kind)
