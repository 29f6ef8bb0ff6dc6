-- grain: one SIRET, with what a rule of the perimeter may look at: the register, the territory, the edition, its legal category, the
-- proofs that it belongs to the ESS, its activity, the decision that names it. It decides nothing: see core/perimeter_test.sql.
-- view
with edition as (
    select * from rules.edition
),
-- the activity looked at is the establishment's or the legal unit's, as the perimeter edition says
site as (
    select
        s.*,
        case when e.naf_level = 'legal_unit' then coalesce(s.unit_naf, s.naf) else s.naf end as tested_naf,
        coalesce(case when e.naf_level = 'legal_unit' and s.unit_naf is not null then s.unit_nomenclature else s.nomenclature end,
            e.nomenclature) as tested_nomenclature,
        coalesce(s.nomenclature, e.nomenclature) as own_nomenclature
    from core.site as s
    cross join edition as e
),
category as (
    select
        c.code,
        min(c.family) as family,
        min(c.confidence) as confidence,
        'catégorie juridique ' || c.code || coalesce(' ' || min(c.label), '') as evidence,
        case
            when max(case when f.is_on_evidence then 1 else 0 end) = 1 then 'on_evidence'
            when max(case when f.family is not null then 1 else 0 end) = 1 then 'kept'
            when min(c.family) <> 'hors_ess' then 'other_family'
            else 'outside'
        end as place
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
        case p.is_strong when 1 then 'strong' else 'weak' end as strength,
        case when p.is_cooperative = 1 then 'cooperative' else c.family end as family,
        p.evidence
    from proof as p
    cross join (select min(family) as family from rules.perimeter_family where is_on_evidence) as c
),
named as (
    select
        d.siret,
        d.decision,
        min(d.family) as family,
        min(coalesce(d.reason, 'sans motif') || ' (' || coalesce(d.decided_by, 'auteur inconnu')
            || coalesce(', ' || d.decided_on, '') || ')') as evidence
    from rules.named_decisions as d
    cross join edition as e
    where (d.editions is null or d.editions = '*' or list_contains(string_split(d.editions, '|'), e.edition))
        and (d.since is null or cast(d.since as date) <= e.reference_date)
        and (d.until is null or cast(d.until as date) >= e.reference_date)
    group by d.siret, d.decision
)
select
    s.*,
    e.reference_date,
    t.code is not null as is_in_territory,
    t.epci_code,
    b.is_employer = 'true' as is_employer,
    b.label as size_label,
    o.siret is not null as is_named_out,
    o.family as named_out_family,
    o.evidence as named_out_evidence,
    i.siret is not null as is_named_in,
    i.family as named_in_family,
    i.evidence as named_in_evidence,
    -- kept: of a family of this perimeter; on_evidence: of one that a proof is asked of; other_family: of one that another perimeter
    -- keeps; company: not in the list, but of a company; outside: any other; NULL: no legal unit
    case
        when s.legal_category is null then null
        when c.code is not null then c.place
        when substr(s.legal_category, 1, 1) in ('5', '6') then 'company'
        else 'outside'
    end as category_place,
    c.family as category_family,
    coalesce(c.confidence, 'high') as category_confidence,
    coalesce(c.evidence, 'catégorie juridique ' || s.legal_category) as category_evidence,
    v.strength as proof_strength,
    v.family as proof_family,
    v.evidence as proof_evidence,
    a.decision as activity_decision,
    a.confidence as activity_confidence,
    a.evidence as activity_evidence
from site as s
cross join edition as e
left join rules.territory_commune as t on t.code = s.commune_code
left join rules.size_bands as b on b.code = s.size_band
left join named as o on o.siret = s.siret and o.decision = 'out'
left join named as i on i.siret = s.siret and i.decision = 'in'
left join category as c on c.code = s.legal_category
left join company_evidence as v on v.siren = s.siren
left join core.activity as a on a.naf = s.tested_naf and a.given = s.tested_nomenclature
