-- grain: one declared association; 0001-01-01 stands for « no date », a position other than A for an end of which the date may lack.
with double as (
    select rna, min(_file) as first_file, min(_line) as first_line
    from staging.rna_typed
    where rna is not null
    group by rna
    having count(*) > 1
),
judged as (
    select t.*, case when d.rna is not null and (t._file <> d.first_file or t._line <> d.first_line) then 'I375' end as refusal_code
    from staging.rna_typed as t
    left join double as d on d.rna = t.rna
)
select
    rna,
    case when length(siret_text) = 14 then siret_text end as siret,
    try_cast(nullif(created_on_text, '0001-01-01') as date) as created_on,
    try_cast(nullif(dissolved_on_text, '0001-01-01') as date) as dissolved_on,
    nature,
    title,
    short_title,
    theme_1,
    theme_2,
    commune_code,
    position = 'A' as is_active,
    case when refusal_code is not null then 'id' end as refusal_column,
    case when refusal_code is not null then rna end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'déjà dans la liste' end as refusal_reason,
    case when refusal_code is not null then 'Rien à faire : une mention suffit.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
