-- grain: one approval (a SIREN may have several, one after the other).
select siren, name, departement, approved_on, expires_on, _file, _sha256, _sheet, _line
from staging.esus_list_typed
