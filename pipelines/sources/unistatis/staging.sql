-- grain: one commune x NAF sub-class.
select
    commune_code,
    naf,
    establishments,
    case when jobs_mark = 'zero' then 0 else jobs end as jobs,
    jobs_mark,
    _file,
    _sha256,
    _sheet,
    _line
from staging.unistatis_typed
