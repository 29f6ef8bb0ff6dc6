-- grain: one SIRET of the stock. A unit of partial diffusion (P, formerly N) keeps neither name nor place finer than its commune.
with judged as (
    select
        t.*,
        coalesce(t.diffusion, 'O') <> 'O' as is_partial,
        case upper(t.state_code) when 'A' then 'active' when 'F' then 'closed' end as state,
        case
            when t.size_code is not null and upper(t.size_code) <> 'NN' then b.code
            when upper(t.employer_code) = 'O' then 'NC'
            else 'NN'
        end as size_band,
        case
            when upper(t.state_code) not in ('A', 'F') then 'E372'
            when t.size_code is not null and upper(t.size_code) <> 'NN' and b.code is null then 'E371'
        end as refusal_code
    from staging.sirene_establishment_typed as t
    left join rules.size_bands as b on b.code = t.size_code
)
select
    siret,
    substr(siret, 1, 9) as siren,
    diffusion,
    is_partial,
    created_on,
    size_band,
    size_year,
    lower(coalesce(is_head_office, 'false')) in ('true', 'vrai', '1', 'oui') as is_head_office,
    case when not is_partial then postcode end as postcode,
    case when not is_partial then city end as city,
    commune_code,
    state,
    case when state = 'closed' then since end as closed_on,
    case when not is_partial then brand end as brand,
    case when not is_partial then usual_name end as usual_name,
    case when length(naf_code) = 5 and substr(naf_code, 3, 1) <> '.' then substr(naf_code, 1, 2) || '.' || substr(naf_code, 3)
        else naf_code end as naf,
    case lower(replace(replace(naf_nomenclature, ' ', ''), '_', ''))
        when 'nafrev2' then 'naf_rev2'
        when 'nafrev1' then 'naf_rev1'
        when 'naf2025' then 'naf_2025'
        when 'naf25' then 'naf_2025'
        else naf_nomenclature
    end as nomenclature,
    naf_2025,
    case upper(employer_code) when 'O' then true when 'N' then false end as is_declared_employer,
    case refusal_code when 'E371' then 'trancheEffectifsEtablissement'
        when 'E372' then 'etatAdministratifEtablissement' end as refusal_column,
    case refusal_code when 'E371' then size_code when 'E372' then state_code end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E371' then 'tranche d’effectif inconnue'
        when 'E372' then 'état inconnu (A ou F attendu)'
    end as refusal_reason,
    case refusal_code
        when 'E371' then 'Corrigez la valeur, ou ajoutez la tranche à pipelines/rules/size_bands.csv.'
        when 'E372' then 'Corrigez la valeur.'
    end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
