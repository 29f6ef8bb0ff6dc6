-- grain: one declared association; 0001-01-01 stands for « no date », a position other than A for an end of which the date may lack.
select
    rna,
    case length(siret_text) when 13 then '0' || siret_text when 14 then siret_text end as siret,
    nullif(created_on, date '0001-01-01') as created_on,
    nullif(dissolved_on, date '0001-01-01') as dissolved_on,
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
