-- grain: one SIREN of the list.
select
    siren,
    name,
    family_label,
    region,
    departement,
    commune,
    _file,
    _sha256,
    _sheet,
    _line
from staging.ess_list_typed
