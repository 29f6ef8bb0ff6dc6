-- grain: one SIRET x rule that applies to it (never twice). The decision is the applicable rule of lowest rank (see core.establishment).
-- view
select siret, 'HORS_TERRITOIRE' as rule_id, cast(null as varchar) as family, outside as evidence, 'high' as confidence
from core.perimeter_fact
where outside is not null
union all
select siret, 'FERME', null, closed, 'high' from core.perimeter_fact where closed is not null
union all
select siret, 'PAS_ENCORE_CREE', null, not_yet_created, 'high' from core.perimeter_fact where not_yet_created is not null
union all
select siret, 'NON_EMPLOYEUR', null, not_employer, 'high' from core.perimeter_fact where not_employer is not null
union all
select siret, 'DECISION_NOMINATIVE_OUT', named_out_family, named_out, 'high' from core.perimeter_fact where named_out is not null
union all
select siret, 'DECISION_NOMINATIVE_IN', named_in_family, named_in, 'high' from core.perimeter_fact where named_in is not null
union all
select siret, 'SUIVI_HORS_CADRE', null, followed_outside, 'high' from core.perimeter_fact where followed_outside is not null
union all
select siret, legal_rule, legal_family, legal_evidence, legal_confidence from core.perimeter_fact
union all
select siret, activity_rule, null, activity_evidence, activity_confidence from core.perimeter_fact where activity_rule is not null
