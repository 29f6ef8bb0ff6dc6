-- grain: one commune x NAF sub-class; the second line of a pair is refused, never added.
with ranked as (
    select
        *,
        row_number() over (partition by commune_code, naf order by _file, _line) as version
    from staging.unistatis_typed
)
select
    commune_code,
    naf,
    establishments,
    case when jobs_mark = 'zero' then 0 else jobs end as jobs,
    jobs_mark,
    case when version > 1 then 'Code NAF' end as refusal_column,
    case when version > 1 then naf end as refusal_value,
    case when version > 1 then 'E374' end as refusal_code,
    case when version > 1 then 'commune et activité déjà lues' end as refusal_reason,
    case when version > 1 then 'Retirez la ligne ou le fichier en double.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from ranked
