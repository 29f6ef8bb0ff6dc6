-- grain: one SIRET. The first applicable rule decides; `à vérifier` (review) is a state, never counted as in.
with first_rule as (
    select t.siret, min(cast(r.rank as integer)) as rule_rank
    from core.perimeter_test as t
    inner join rules.decision_rules as r on r.rule_id = t.rule_id
    group by t.siret
),
decided as (
    select
        t.siret,
        t.rule_id,
        t.family,
        t.evidence,
        t.confidence,
        r.decision,
        r.label as rule_label
    from core.perimeter_test as t
    inner join rules.decision_rules as r on r.rule_id = t.rule_id
    inner join first_rule as f on f.siret = t.siret and f.rule_rank = cast(r.rank as integer)
),
family as (
    select siret, min(family) as family
    from core.perimeter_test
    where rule_id in ('CJ_ESS', 'CJ_A_VERIFIER', 'DECISION_NOMINATIVE_IN', 'SC_PREUVE', 'SC_A_VERIFIER') and family is not null
    group by siret
)
select
    s.siret,
    s.siren,
    s.name,
    s.legal_category,
    s.naf,
    s.commune_code,
    s.size_band,
    b.is_employer = 'true' as is_employer,
    coalesce(d.family, f.family) as ess_family,
    d.decision = 'in' as in_perimeter,
    d.rule_id,
    d.evidence,
    d.decision,
    d.confidence,
    d.rule_label,
    n.a38 as sector,
    t.epci_code,
    s.brand,
    s.postcode,
    s.city,
    s.is_followed_outside,
    s._file as source_file,
    s._sheet as source_sheet,
    s._line as source_line,
    s.register,
    s.created_on,
    s.closed_on
from core.site as s
inner join decided as d on d.siret = s.siret
left join family as f on f.siret = s.siret
left join rules.size_bands as b on b.code = s.size_band
left join rules.naf_rev2 as n on n.naf = s.naf
left join rules.territory_commune as t on t.code = s.commune_code
