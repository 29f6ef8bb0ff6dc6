-- grain: one area of one nested level (région, département, arrondissement, EPCI) that lies whole in the territory x commune of it: what
-- the territory holds of a larger area says nothing of that area.
-- view
select commune_code as commune, level || '_' || code as code, name as label, 1000 * level_rank as rank,
    case level when 'region' then 'Régions' when 'departement' then 'Départements' when 'arrondissement' then 'Arrondissements'
        else 'Intercommunalités' end as section
from rules.territory_level
where is_whole
