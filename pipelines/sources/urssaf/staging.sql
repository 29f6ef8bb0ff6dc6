-- grain: one commune x APE, for the year that the edition asks for (else the last one filled). Empty is not zero.
select
    commune_code,
    naf,
    year,
    establishments,
    jobs,
    jobs_mark,
    _file,
    _sha256,
    _sheet,
    _line
from staging.urssaf_typed
