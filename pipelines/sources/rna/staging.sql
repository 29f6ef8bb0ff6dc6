-- grain: one declared association; 0001-01-01 stands for « no date », a position other than A for an end of which the date may lack.
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
    _file,
    _sha256,
    _sheet,
    _line
from staging.rna_typed
