-- grain: one SIRET. The applicable rule of lowest rank decides (core.perimeter_decision, made of the rules of perimeter_test.sql);
-- `à vérifier` (review) is a state, never counted as in.
-- slices: staging.sirene_establishment.siren
select
    s.siret,
    s.siren,
    s.name,
    s.legal_category,
    s.naf,
    s.commune_code,
    s.size_band,
    s.is_employer,
    s.family as ess_family,
    r.decision = 'in' as in_perimeter,
    r.rule_id,
    s.evidence,
    r.decision,
    s.confidence,
    r.label as rule_label,
    a.sector,
    s.epci_code,
    s.brand,
    s.postcode,
    s.city,
    s.is_followed_outside,
    s._file as source_file,
    s._sheet as source_sheet,
    s._line as source_line,
    s.register,
    s.created_on,
    s.closed_on,
    s.state,
    s.ess_flag,
    s.nature_rank,
    a.nomenclature as naf_nomenclature
from core.perimeter_decision as s
left join rules.decision_rules as r on cast(r.rank as integer) = s.rule_rank
left join core.activity as a on a.naf = s.naf and a.given = s.own_nomenclature
