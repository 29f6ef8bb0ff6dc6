-- grain: one commune x activity x measure that the wide table gives; what it leaves empty is left out, never a zero; `s` is a secret.
select
    commune_code,
    activity,
    measure,
    value,
    value_mark,
    refusal_column,
    refusal_value,
    refusal_code,
    refusal_reason,
    refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from staging.flores_wide_typed
