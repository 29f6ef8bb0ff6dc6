-- grain: one SIRET of the extract (of several versions, the latest update).
with labelled as (
    select
        t.*,
        coalesce(by_bounds.code, by_name.code) as size_band,
        case lower(coalesce(t.state, 'actif'))
            when 'actif' then 'active'
            when 'active' then 'active'
            when 'ouvert' then 'active'
            when 'fermé' then 'closed'
            when 'ferme' then 'closed'
        end as known_state
    from staging.manageo_typed as t
    left join rules.size_bands as by_bounds
        on by_bounds.key = trim(regexp_replace(t.size_label, '[^0-9]+', ' ', 'g'))
    left join rules.size_bands as by_name
        on by_name.key = lower(trim(regexp_replace(t.size_label, ' +', ' ', 'g')))
),
judged as (
    select
        *,
        case
            when size_band is null then 'E371'
            when known_state is null then 'E372'
        end as refusal_code
    from labelled
)
select
    siret,
    substr(siret, 1, 9) as siren,
    name,
    brand,
    address,
    postcode,
    city,
    commune_code,
    legal_category,
    naf,
    size_band,
    site_type,
    created_on,
    closed_on,
    known_state as state,
    updated_on,
    followed_tag is not null as is_followed_outside,
    case refusal_code
        when 'E371' then 'Tranche d’effectif'
        when 'E372' then 'État'
    end as refusal_column,
    case refusal_code
        when 'E371' then size_label
        when 'E372' then state
    end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E371' then 'tranche d’effectif inconnue'
        when 'E372' then 'état inconnu (Actif ou Fermé attendu)'
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
