-- grain: one SIRET x rule that applies to it (never twice). The decision is the applicable rule of lowest rank (see core.establishment).
with edition as (
    select * from rules.edition
),
-- the activity looked at is the establishment's or the legal unit's, as the perimeter edition says
site as (
    select
        s.*,
        case when e.naf_level = 'legal_unit' then coalesce(s.unit_naf, s.naf) else s.naf end as tested_naf,
        coalesce(case when e.naf_level = 'legal_unit' and s.unit_naf is not null then s.unit_nomenclature else s.nomenclature end,
            e.nomenclature) as tested_nomenclature
    from core.site as s
    cross join edition as e
),
category as (
    select
        c.code,
        min(c.family) as family,
        min(c.confidence) as confidence,
        min(c.label) as label,
        max(case when f.family is not null then 1 else 0 end) = 1 as is_family_kept,
        max(case when f.is_on_evidence then 1 else 0 end) = 1 as is_on_evidence
    from rules.legal_categories as c
    cross join edition as e
    left join rules.perimeter_family as f on f.family = c.family
    where (c.since is null or cast(c.since as date) <= e.reference_date)
        and (c.until is null or cast(c.until as date) >= e.reference_date)
    group by c.code
),
proof as (
    select
        v.siren,
        min(v.evidence) as evidence,
        max(case when v.family = 'cooperative' then 1 else 0 end) as is_cooperative,
        max(case when v.kind <> 'name' then 1 else 0 end) as is_strong
    from core.ess_evidence as v
    inner join rules.perimeter_evidence as p on p.kind = v.kind
    group by v.siren
),
company_evidence as (
    select
        p.siren,
        p.is_strong,
        case when p.is_cooperative = 1 then 'cooperative' else c.family end as family,
        p.evidence
    from proof as p
    cross join (select min(family) as family from rules.perimeter_family where is_on_evidence) as c
),
legal as (
    select
        s.siret,
        s.siren,
        s.legal_category,
        c.family,
        c.confidence,
        c.label,
        coalesce(c.is_family_kept, false) as is_family_kept,
        coalesce(c.is_on_evidence, false) as is_on_evidence,
        v.family as evidence_family,
        v.evidence,
        case
            when coalesce(c.is_on_evidence, false) then coalesce(v.is_strong, -1)
            when c.code is null and substr(s.legal_category, 1, 1) in ('5', '6') and v.siren is not null then 0
        end as proven
    from site as s
    left join category as c on c.code = s.legal_category
    left join company_evidence as v on v.siren = s.siren
),
activity as (
    select distinct tested_naf, tested_nomenclature from site
),
activity_match as (
    select
        a.tested_naf,
        a.tested_nomenclature,
        x.decision,
        x.prefix,
        x.label,
        x.confidence,
        row_number() over (partition by a.tested_naf, a.tested_nomenclature order by length(x.prefix) desc) as closeness
    from activity as a
    inner join rules.naf_exclusions as x
        on x.nomenclature = a.tested_nomenclature and substr(a.tested_naf, 1, length(x.prefix)) = x.prefix
),
named as (
    select
        d.siret,
        d.decision,
        min(d.family) as family,
        min(d.reason || ' (' || d.decided_by || ', ' || d.decided_on || ')') as evidence
    from rules.named_decisions as d
    cross join edition as e
    where (d.editions is null or d.editions = '*' or list_contains(string_split(d.editions, '|'), e.edition))
    group by d.siret, d.decision
)
select s.siret, 'HORS_TERRITOIRE' as rule_id, cast(null as varchar) as family,
    'commune ' || s.commune_code as evidence, 'high' as confidence
from site as s
left join rules.territory_commune as t on t.code = s.commune_code
where t.code is null
union all
select s.siret, 'FERME', null, coalesce('fermé le ' || strftime(s.closed_on, '%d/%m/%Y'), 'état fermé'), 'high'
from site as s
cross join edition as e
where s.state = 'closed' and (s.closed_on is null or s.closed_on <= e.reference_date)
union all
select s.siret, 'PAS_ENCORE_CREE', null, 'créé le ' || strftime(s.created_on, '%d/%m/%Y'), 'high'
from site as s
cross join edition as e
where s.register <> 'manageo' and s.created_on > e.reference_date
union all
select s.siret, 'NON_EMPLOYEUR', null, 'tranche d’effectif ' || b.label, 'high'
from site as s
inner join rules.size_bands as b on b.code = s.size_band
where b.is_employer = 'false'
union all
select s.siret, case when n.decision = 'in' then 'DECISION_NOMINATIVE_IN' else 'DECISION_NOMINATIVE_OUT' end, n.family,
    n.evidence, 'high'
from site as s
inner join named as n on n.siret = s.siret
union all
select s.siret, 'SUIVI_HORS_CADRE', null, 'étiquette « hors cadre » de l’extraction', 'high'
from site as s
where s.is_followed_outside
union all
select siret, 'CJ_INCONNUE', null, 'aucune unité légale pour le SIREN ' || siren, 'high'
from legal
where legal_category is null
union all
select siret, 'CJ_HORS_LISTE', null, 'catégorie juridique ' || legal_category || coalesce(' ' || label, ''),
    coalesce(confidence, 'high')
from legal
where legal_category is not null and (family is null or family = 'hors_ess') and proven is null
union all
select siret, 'CJ_HORS_EDITION', family, 'catégorie juridique ' || legal_category || ' ' || label, confidence
from legal
where family is not null and family <> 'hors_ess' and not is_family_kept
union all
select siret, 'SC_SANS_PREUVE', family, 'catégorie juridique ' || legal_category || ' ' || label || ', sans preuve', confidence
from legal
where is_on_evidence and proven = -1
union all
select siret, 'SC_A_VERIFIER', coalesce(evidence_family, family), 'catégorie juridique ' || legal_category || ' : ' || evidence, 'low'
from legal
where proven = 0
union all
select siret, 'CJ_A_VERIFIER', family, 'catégorie juridique ' || legal_category || ' ' || label, confidence
from legal
where is_family_kept and not is_on_evidence and confidence = 'low'
union all
select s.siret, case a.decision when 'out' then 'NAF_EXCLUE' else 'NAF_A_VERIFIER' end, null,
    'activité ' || s.tested_naf || ' (règle ' || a.prefix || ' ' || a.label || ')', a.confidence
from site as s
inner join activity_match as a
    on a.tested_naf = s.tested_naf and a.tested_nomenclature = s.tested_nomenclature and a.closeness = 1
union all
select siret, 'CJ_ESS', family, 'catégorie juridique ' || legal_category || ' ' || label, confidence
from legal
where is_family_kept and not is_on_evidence and confidence <> 'low'
union all
select siret, 'SC_PREUVE', evidence_family, 'catégorie juridique ' || legal_category || ' : ' || evidence, 'medium'
from legal
where proven = 1
