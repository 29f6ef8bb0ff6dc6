-- grain: one inter-municipality x commune of it in the territory, then the territory. One of which the territory holds some communes
-- only says so.
-- view
select code as commune, epci_code as code, 0 as rank, 'data' as kind,
    epci_name || case when epci_code in (select code from rules.territory_level where level = 'epci' and not is_whole)
        then ' (partie)' else '' end as label
from rules.territory_commune
union all
select null, 'total', 100000, 'total', 'Ensemble du territoire'
