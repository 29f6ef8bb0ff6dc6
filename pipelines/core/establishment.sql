-- grain: one SIRET. The first applicable rule decides; `à vérifier` (review) is a state, never counted as in.
-- slices: staging.sirene_establishment.siren
with decided as (
    select
        f.*,
        r.rule_id,
        r.decision,
        r.label as rule_label,
        case r.rule_id
            when 'HORS_TERRITOIRE' then f.outside
            when 'FERME' then f.closed
            when 'PAS_ENCORE_CREE' then f.not_yet_created
            when 'NON_EMPLOYEUR' then f.not_employer
            when 'DECISION_NOMINATIVE_OUT' then f.named_out
            when 'DECISION_NOMINATIVE_IN' then f.named_in
            when 'SUIVI_HORS_CADRE' then f.followed_outside
            when f.activity_rule then f.activity_evidence
            else f.legal_evidence
        end as evidence,
        case r.rule_id
            when f.activity_rule then f.activity_confidence
            when f.legal_rule then f.legal_confidence
            else 'high'
        end as confidence,
        -- the family of the rule that decides, else the one that a rule which keeps or asks gives
        case
            when r.rule_id = 'DECISION_NOMINATIVE_OUT' and f.named_out_family is not null then f.named_out_family
            when r.rule_id = 'DECISION_NOMINATIVE_IN' and f.named_in_family is not null then f.named_in_family
            when r.rule_id = f.legal_rule and f.legal_family is not null then f.legal_family
            else least(
                f.named_in_family,
                case when f.legal_rule in ('CJ_ESS', 'CJ_A_VERIFIER', 'SC_PREUVE', 'SC_A_VERIFIER') then f.legal_family end
            )
        end as family
    from core.perimeter_fact as f
    inner join rules.decision_rules as r on cast(r.rank as integer) = f.rule_rank
)
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
    s.decision = 'in' as in_perimeter,
    s.rule_id,
    s.evidence,
    s.decision,
    s.confidence,
    s.rule_label,
    n.a38 as sector,
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
    s.nature_rank
from decided as s
left join rules.naf_rev2 as n on n.naf = s.naf
