-- grain: one period x region (or the whole country) x ESS family x NA88 activity.
with judged as (
    select t.*, f.family, case when f.family is null then 'E373' end as refusal_code
    from staging.urssaf_ess_typed as t
    left join rules.ess_family_labels as f on f.label = replace(lower(t.family_label), 'é', 'e')
)
select
    year,
    quarter,
    region,
    region_code,
    family,
    activity,
    establishments,
    jobs,
    payroll_eur,
    case when refusal_code is not null then 'Famille ESS' end as refusal_column,
    case when refusal_code is not null then family_label end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'famille de l’ESS inconnue' end as refusal_reason,
    case when refusal_code is not null then 'Corrigez la valeur, ou ajoutez-la à pipelines/rules/ess_family_labels.csv.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
