-- grain: one A38 activity group, then establishments of none, then all.
-- view
select code as sector, code, label, 0 as rank, 'data' as kind from rules.naf_rev2_levels where level = 'a38'
union all
select '', 'unknown', 'Activité non classée', 1, 'data'
union all
select null, 'total', 'Ensemble', 100000, 'total'
