-- grain: one SIRET of a register, wherever it lies, with its commune: what tells where a respondent to the survey is.
-- view
select siret, min(commune_code) as commune_code
from (
    select siret, commune_code from staging.sirene_establishment
    union all
    select siret, commune_code from staging.manageo
    union all
    select siret, commune_code from staging.sirene_old
) as known
group by siret
