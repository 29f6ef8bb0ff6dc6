-- grain: one commune of the territory, then the territory.
-- view
select code as commune, code, name as label, 0 as rank, 'data' as kind, epci_name as sublevel
from rules.territory_commune
union all
select null, 'total', 'Ensemble du territoire', 100000, 'total', ''
