-- grain: one SIRET x rule of rules.decision_rules that applies to it (never twice). One select a rule, on what core.perimeter_fact
-- knows: its name, the family it gives, its evidence, how sure it is, and when it applies. The applicable rule of lowest rank decides:
-- core.perimeter_decision is made of these same selects.
-- view
select siret, 'HORS_TERRITOIRE' as rule_id, cast(null as varchar) as family, 'commune ' || commune_code as evidence,
    'high' as confidence
from core.perimeter_fact
where not is_in_territory and commune_code is not null
union all
select siret, 'FERME', null, coalesce('fermé le ' || strftime(closed_on, '%d/%m/%Y'), 'état fermé'), 'high'
from core.perimeter_fact
where state = 'closed' and (closed_on is null or closed_on <= reference_date)
union all
select siret, 'PAS_ENCORE_CREE', null, 'créé le ' || strftime(created_on, '%d/%m/%Y'), 'high'
from core.perimeter_fact
where register <> 'manageo' and created_on > reference_date
union all
select siret, 'NON_EMPLOYEUR', null, 'tranche d’effectif ' || size_label, 'high'
from core.perimeter_fact
where not is_employer
union all
select siret, 'DECISION_NOMINATIVE_OUT', named_out_family, named_out_evidence, 'high'
from core.perimeter_fact
where is_named_out
union all
select siret, 'DECISION_NOMINATIVE_IN', named_in_family, named_in_evidence, 'high'
from core.perimeter_fact
where is_named_in
union all
select siret, 'SUIVI_HORS_CADRE', null, 'étiquette « hors cadre » de l’extraction', 'high'
from core.perimeter_fact
where is_followed_outside
union all
select siret, 'CJ_INCONNUE', null, 'aucune unité légale pour le SIREN ' || siren, 'high'
from core.perimeter_fact
where legal_category is null
union all
select siret, 'CJ_HORS_LISTE', null, category_evidence, category_confidence
from core.perimeter_fact
where category_place = 'outside' or category_place = 'company' and proof_strength is null
union all
select siret, 'CJ_HORS_EDITION', category_family, category_evidence, category_confidence
from core.perimeter_fact
where category_place = 'other_family'
union all
select siret, 'SC_SANS_PREUVE', category_family, category_evidence || ', sans preuve', category_confidence
from core.perimeter_fact
where category_place = 'on_evidence' and proof_strength is null
union all
select siret, 'CJ_A_VERIFIER', category_family, category_evidence, category_confidence
from core.perimeter_fact
where category_place = 'kept' and category_confidence = 'low'
union all
select siret, 'SC_A_VERIFIER', proof_family,
    'catégorie juridique ' || legal_category || ' : ' || proof_evidence, 'low'
from core.perimeter_fact
where category_place = 'on_evidence' and proof_strength = 'weak' or category_place = 'company' and proof_strength is not null
union all
select siret, 'NAF_EXCLUE', null, activity_evidence, activity_confidence
from core.perimeter_fact
where activity_decision = 'out'
union all
select siret, 'NAF_A_VERIFIER', null, activity_evidence, activity_confidence
from core.perimeter_fact
where activity_decision = 'review'
union all
select siret, 'CJ_ESS', category_family, category_evidence, category_confidence
from core.perimeter_fact
where category_place = 'kept' and category_confidence <> 'low'
union all
select siret, 'SC_PREUVE', proof_family, 'catégorie juridique ' || legal_category || ' : ' || proof_evidence, 'medium'
from core.perimeter_fact
where category_place = 'on_evidence' and proof_strength = 'strong'
