-- grain: one commune; a commune given twice is refused the second time, never added.
with ranked as (
    select
        *,
        row_number() over (partition by commune_code order by _file, _line) as version
    from staging.insee_employers_typed
)
select
    commune_code,
    employers,
    employers_mark,
    case when version > 1 then 'Code géographique' end as refusal_column,
    case when version > 1 then commune_code end as refusal_value,
    case when version > 1 then 'E374' end as refusal_code,
    case when version > 1 then 'commune déjà lue' end as refusal_reason,
    case when version > 1 then 'Retirez la ligne ou le fichier en double.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from ranked
