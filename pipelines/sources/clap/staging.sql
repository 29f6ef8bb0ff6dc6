-- grain: one commune x ESS family. A code ending in ZZZ is the producer's line for what it hides elsewhere.
with judged as (
    select t.*, f.family, case when f.family is null then 'E373' end as refusal_code
    from staging.clap_typed as t
    left join rules.ess_family_labels as f on f.label = replace(lower(t.family_label), 'é', 'e')
)
select
    commune_code,
    commune_name,
    family,
    establishments,
    establishments_mark,
    posts,
    posts_mark,
    commune_code like '%ZZZ' as is_residual,
    case when refusal_code is not null then 'FAMILLE' end as refusal_column,
    case when refusal_code is not null then family_label end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'famille de l’ESS inconnue' end as refusal_reason,
    case when refusal_code is not null then 'Corrigez la valeur, ou ajoutez-la à pipelines/rules/ess_family_labels.csv.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
