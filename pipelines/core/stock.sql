-- grain: one SIRET of the official stock, wherever it is, with what its legal unit says of it.
-- view
-- shared: nothing here depends on the territory, so that the editions of several territories can be made of one of it.
with unit as (
    select
        u.siren,
        u.is_partial,
        case when u.is_partial then '[ND]' else u.name end as name,
        u.usual_name,
        u.legal_category,
        case when u.naf_2025 is not null and (e.nomenclature = 'naf_2025' or u.naf is null) then u.naf_2025 else u.naf end as naf,
        case when u.naf_2025 is not null and (e.nomenclature = 'naf_2025' or u.naf is null) then 'naf_2025' else u.nomenclature end as nomenclature,
        u.ess_flag
    from staging.sirene_legal_unit as u
    cross join rules.edition as e
)
select
    s.siret,
    s.siren,
    case when s.is_partial then '[ND]' else coalesce(u.name, s.usual_name, u.usual_name, '[ND]') end as name,
    case when not coalesce(u.is_partial, false) then s.brand end as brand,
    case when not coalesce(u.is_partial, false) then s.postcode end as postcode,
    case when not coalesce(u.is_partial, false) then s.city end as city,
    s.commune_code,
    u.legal_category,
    case when s.naf_2025 is not null and (e.nomenclature = 'naf_2025' or s.naf is null) then s.naf_2025 else s.naf end as naf,
    case when s.naf_2025 is not null and (e.nomenclature = 'naf_2025' or s.naf is null) then 'naf_2025' else s.nomenclature end as nomenclature,
    u.naf as unit_naf,
    u.nomenclature as unit_nomenclature,
    s.size_band,
    s.state,
    s.created_on,
    s.closed_on,
    u.ess_flag,
    s._file,
    s._sheet,
    s._line
from staging.sirene_establishment as s
cross join rules.edition as e
left join unit as u on u.siren = s.siren
