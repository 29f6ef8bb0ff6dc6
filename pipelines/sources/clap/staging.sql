-- grain: one commune x ESS family. A code ending in ZZZ is the producer's line for what it hides elsewhere.
with named as (
    select
        t.*,
        f.family,
        row_number() over (partition by t.commune_code, f.family order by t._file, t._line) as version
    from staging.clap_typed as t
    left join rules.ess_family_labels as f
        on f.label = replace(lower(t.family_label), 'é', 'e')
),
judged as (
    select
        *,
        case when family is null then 'E373' when version > 1 then 'E374' end as refusal_code
    from named
)
select
    commune_code,
    commune_name,
    family,
    establishments,
    posts,
    posts_mark,
    commune_code like '%ZZZ' as is_residual,
    case refusal_code when 'E373' then 'FAMILLE' when 'E374' then 'CODGEO' end as refusal_column,
    case refusal_code when 'E373' then family_label when 'E374' then commune_code end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E373' then 'famille de l’ESS inconnue'
        when 'E374' then 'commune et famille déjà lues'
    end as refusal_reason,
    case refusal_code
        when 'E373' then 'Corrigez la valeur, ou ajoutez-la à pipelines/rules/ess_family_labels.csv.'
        when 'E374' then 'Retirez la ligne ou le fichier en double.'
    end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
