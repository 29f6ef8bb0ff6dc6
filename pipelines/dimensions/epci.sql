-- grain: one inter-municipality x commune of it in the territory, then the territory.
-- view
select code as commune, epci_code as code, epci_name as label, 0 as rank, 'data' as kind from rules.territory_commune
union all
select null, 'total', 'Ensemble du territoire', 100000, 'total'
