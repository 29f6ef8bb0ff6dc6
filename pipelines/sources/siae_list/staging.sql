-- grain: one SIRET x type of structure.
select siret, substr(siret, 1, 9) as siren, upper(kind) as kind, upper(kind) in ('AI', 'EI', 'ETTI', 'ACI', 'EITI') as is_siae, name, brand,
    city, postcode, departement, _file, _sha256, _sheet, _line
from staging.siae_list_typed
