-- grain: one SIREN of the list.
with double as (
    select siren, min(_file) as first_file, min(_line) as first_line
    from staging.ess_list_typed
    where siren is not null
    group by siren
    having count(*) > 1
),
judged as (
    select t.*, case when d.siren is not null and (t._file <> d.first_file or t._line <> d.first_line) then 'I375' end as refusal_code
    from staging.ess_list_typed as t
    left join double as d on d.siren = t.siren
)
select
    siren,
    name,
    family_label,
    region,
    departement,
    commune,
    case when refusal_code is not null then 'SIREN' end as refusal_column,
    case when refusal_code is not null then siren end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'déjà dans la liste' end as refusal_reason,
    case when refusal_code is not null then 'Rien à faire : une mention suffit.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
