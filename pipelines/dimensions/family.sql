-- grain: one ESS family of the perimeter edition, then all of them.
-- view
select f.family, f.family as code, l.label, cast(l.rank as integer) as rank, 'data' as kind, f.is_on_evidence
from rules.perimeter_family as f
inner join rules.ess_families as l on l.family = f.family
union all
select null, 'total', 'Ensemble', 1000, 'total', false
