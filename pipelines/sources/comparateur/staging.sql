-- grain: one commune.
select
    commune_code,
    employers,
    employers_1_9,
    employers_10_more,
    _file,
    _sha256,
    _sheet,
    _line
from staging.comparateur_typed
