-- grain: one SIRET of the extract. Of several readable versions of a SIRET the latest update is kept, the others are
-- refused; a version that cannot be read is refused for itself, and never takes the place of one that can.
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
ranked as (
    select
        *,
        row_number() over (
            partition by siret, size_band is null or known_state is null
            order by updated_on desc nulls last, _file asc, _line asc
        ) as version
    from labelled
),
judged as (
    select
        *,
        case
            when size_band is null then 'E371'
            when known_state is null then 'E372'
            when version > 1 then 'E370'
        end as refusal_code
    from ranked
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
        when 'E370' then 'N° SIRET'
        when 'E371' then 'Tranche d’effectif'
        when 'E372' then 'État'
    end as refusal_column,
    case refusal_code
        when 'E370' then siret
        when 'E371' then size_label
        when 'E372' then state
    end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E370' then 'doublon : ce SIRET a une version plus récente (ou identique) dans le fichier'
        when 'E371' then 'tranche d’effectif inconnue'
        when 'E372' then 'état inconnu (Actif ou Fermé attendu)'
    end as refusal_reason,
    case refusal_code
        when 'E370' then 'Rien à faire, ou retirez la ligne périmée.'
        when 'E371' then 'Corrigez la valeur, ou ajoutez la tranche à pipelines/rules/size_bands.csv.'
        when 'E372' then 'Corrigez la valeur.'
    end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
