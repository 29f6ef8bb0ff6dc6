-- grain: one association declared in the territory (RNA), with or without employees; NULL created_on or ended_on is an unknown day.
-- view
select
    r.rna,
    r.commune_code,
    t.epci_code,
    t.epci_name,
    r.created_on,
    r.dissolved_on as ended_on,
    coalesce(r.created_on, e.reference_date) <= e.reference_date
        and (r.dissolved_on > e.reference_date or r.dissolved_on is null and r.is_active) as is_open,
    substr(r.siret, 1, 9) as siren
from staging.rna as r
cross join rules.edition as e
inner join rules.territory_commune as t on t.code = r.commune_code
