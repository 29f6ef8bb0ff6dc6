-- grain: one commune.
select
    commune_code,
    employers,
    employers_mark,
    _file,
    _sha256,
    _sheet,
    _line
from staging.insee_employers_typed
