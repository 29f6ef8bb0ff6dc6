-- grain: one count kept by the observatory during the study.
select
    code,
    indicator,
    value,
    unit,
    _file,
    _sha256,
    _sheet,
    _line
from staging.consultation_typed
