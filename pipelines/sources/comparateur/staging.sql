-- grain: one commune; a commune given twice is refused the second time.
with double as (
    select commune_code, min(_file) as first_file, min(_line) as first_line
    from staging.comparateur_typed
    where commune_code is not null
    group by commune_code
    having count(*) > 1
),
judged as (
    select t.*, case when d.commune_code is not null and (t._file <> d.first_file or t._line <> d.first_line) then 'E374' end as refusal_code
    from staging.comparateur_typed as t
    left join double as d on d.commune_code = t.commune_code
)
select
    commune_code,
    employers,
    employers_1_9,
    employers_10_more,
    case when refusal_code is not null then 'CODGEO' end as refusal_column,
    case when refusal_code is not null then commune_code end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'commune déjà lue' end as refusal_reason,
    case when refusal_code is not null then 'Retirez la ligne ou le fichier en double.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
