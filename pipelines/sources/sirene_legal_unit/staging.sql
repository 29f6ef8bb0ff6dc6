-- grain: one SIREN of the stock. A unit of partial diffusion keeps no name.
with judged as (
    select
        t.*,
        coalesce(t.diffusion, 'O') <> 'O' as is_partial,
        case when length(t.legal_category) <> 4 then 'E351' end as refusal_code
    from staging.sirene_legal_unit_typed as t
)
select
    siren,
    diffusion,
    is_partial,
    created_on,
    case when not is_partial then name end as name,
    case when not is_partial then usual_name end as usual_name,
    case when not is_partial then acronym end as acronym,
    case when not is_partial then rna end as rna,
    legal_category,
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
    upper(ess_flag) as ess_flag,
    upper(mission_flag) as mission_flag,
    size_category,
    case upper(state_code) when 'A' then 'active' when 'C' then 'closed' end as state,
    case when refusal_code is not null then 'categorieJuridiqueUniteLegale' end as refusal_column,
    case when refusal_code is not null then legal_category end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'catégorie juridique à quatre chiffres attendue' end as refusal_reason,
    case when refusal_code is not null then 'Corrigez le code.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
