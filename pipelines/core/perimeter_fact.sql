-- grain: one SIRET, with what each rule says of it: an evidence where the rule applies, NULL where it does not; the lowest rank of
-- the rules that apply, of all of them and of those on its nature.
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
            e.nomenclature) as tested_nomenclature
    from core.site as s
    cross join edition as e
),
category as (
    select
        c.code,
        min(c.family) as family,
        min(c.confidence) as confidence,
        'catégorie juridique ' || c.code || coalesce(' ' || min(c.label), '') as evidence,
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
activity_match as (
    select
        a.naf as tested_naf,
        a.nomenclature as tested_nomenclature,
        x.decision,
        x.prefix,
        x.label,
        x.confidence,
        row_number() over (partition by a.naf, a.nomenclature order by length(x.prefix) desc) as closeness
    from core.activity_code as a
    inner join rules.naf_exclusions as x
        on x.nomenclature = a.nomenclature and substr(a.naf, 1, length(x.prefix)) = x.prefix
),
named as (
    select
        d.siret,
        min(case when d.decision = 'in' then d.family end) as family_in,
        min(case when d.decision = 'in' then d.reason || ' (' || d.decided_by || ', ' || d.decided_on || ')' end) as evidence_in,
        min(case when d.decision <> 'in' then d.family end) as family_out,
        min(case when d.decision <> 'in' then d.reason || ' (' || d.decided_by || ', ' || d.decided_on || ')' end) as evidence_out
    from rules.named_decisions as d
    cross join edition as e
    where (d.editions is null or d.editions = '*' or list_contains(string_split(d.editions, '|'), e.edition))
        and (d.since is null or cast(d.since as date) <= e.reference_date)
        and (d.until is null or cast(d.until as date) >= e.reference_date)
    group by d.siret
),
tested as (
    select
        s.*,
        t.epci_code,
        b.is_employer = 'true' as is_employer,
        case when t.code is null then 'commune ' || s.commune_code end as outside,
        case when s.state = 'closed' and (s.closed_on is null or s.closed_on <= e.reference_date)
            then coalesce('fermé le ' || strftime(s.closed_on, '%d/%m/%Y'), 'état fermé') end as closed,
        case when s.register <> 'manageo' and s.created_on > e.reference_date
            then 'créé le ' || strftime(s.created_on, '%d/%m/%Y') end as not_yet_created,
        case when b.is_employer = 'false' then 'tranche d’effectif ' || b.label end as not_employer,
        n.evidence_out as named_out,
        n.family_out as named_out_family,
        n.evidence_in as named_in,
        n.family_in as named_in_family,
        case when s.is_followed_outside then 'étiquette « hors cadre » de l’extraction' end as followed_outside,
        case
            when s.legal_category is null then 'CJ_INCONNUE'
            when c.is_on_evidence and v.is_strong = 1 then 'SC_PREUVE'
            when c.is_on_evidence and v.is_strong = 0 then 'SC_A_VERIFIER'
            when c.is_on_evidence then 'SC_SANS_PREUVE'
            when c.is_family_kept and c.confidence = 'low' then 'CJ_A_VERIFIER'
            when c.is_family_kept then 'CJ_ESS'
            when c.family <> 'hors_ess' then 'CJ_HORS_EDITION'
            when c.code is null and substr(s.legal_category, 1, 1) in ('5', '6') and v.siren is not null then 'SC_A_VERIFIER'
            else 'CJ_HORS_LISTE'
        end as legal_rule,
        c.family as category_family,
        c.confidence as category_confidence,
        coalesce(c.evidence, 'catégorie juridique ' || s.legal_category) as category_evidence,
        v.family as proof_family,
        v.evidence as proof,
        case a.decision when 'out' then 'NAF_EXCLUE' when 'review' then 'NAF_A_VERIFIER' end as activity_rule,
        case when a.decision is not null
            then 'activité ' || s.tested_naf || ' (règle ' || a.prefix || ' ' || a.label || ')' end as activity_evidence,
        a.confidence as activity_confidence
    from site as s
    cross join edition as e
    left join rules.territory_commune as t on t.code = s.commune_code
    left join rules.size_bands as b on b.code = s.size_band
    left join named as n on n.siret = s.siret
    left join category as c on c.code = s.legal_category
    left join company_evidence as v on v.siren = s.siren
    left join activity_match as a
        on a.tested_naf = s.tested_naf and a.tested_nomenclature = s.tested_nomenclature and a.closeness = 1
),
-- the ranks of the rules, in one row for all of them and in one for those on the nature of an establishment
rank_of as (
    select
        about,
        min(case when rule_id = 'HORS_TERRITOIRE' then rule_rank end) as outside,
        min(case when rule_id = 'FERME' then rule_rank end) as closed,
        min(case when rule_id = 'PAS_ENCORE_CREE' then rule_rank end) as not_yet_created,
        min(case when rule_id = 'NON_EMPLOYEUR' then rule_rank end) as not_employer,
        min(case when rule_id = 'DECISION_NOMINATIVE_OUT' then rule_rank end) as named_out,
        min(case when rule_id = 'DECISION_NOMINATIVE_IN' then rule_rank end) as named_in,
        min(case when rule_id = 'SUIVI_HORS_CADRE' then rule_rank end) as followed_outside
    from (
        select rule_id, 'every' as about, cast(rank as integer) as rule_rank from rules.decision_rules
        union all
        select rule_id, about, cast(rank as integer) from rules.decision_rules where about = 'nature'
    ) as r
    group by about
)
select
    s.*,
    case
        when s.legal_rule = 'SC_PREUVE' then s.proof_family
        when s.legal_rule = 'SC_A_VERIFIER' then coalesce(s.proof_family, s.category_family)
        when s.legal_rule not in ('CJ_INCONNUE', 'CJ_HORS_LISTE') then s.category_family
    end as legal_family,
    case
        when s.legal_rule = 'CJ_INCONNUE' then 'aucune unité légale pour le SIREN ' || s.siren
        when s.legal_rule in ('SC_PREUVE', 'SC_A_VERIFIER') then 'catégorie juridique ' || s.legal_category || ' : ' || s.proof
        when s.legal_rule = 'SC_SANS_PREUVE' then s.category_evidence || ', sans preuve'
        else s.category_evidence
    end as legal_evidence,
    case s.legal_rule
        when 'CJ_INCONNUE' then 'high'
        when 'SC_PREUVE' then 'medium'
        when 'SC_A_VERIFIER' then 'low'
        else coalesce(s.category_confidence, 'high')
    end as legal_confidence,
    least(
        case when s.outside is not null then k.outside end,
        case when s.closed is not null then k.closed end,
        case when s.not_yet_created is not null then k.not_yet_created end,
        case when s.not_employer is not null then k.not_employer end,
        case when s.named_out is not null then k.named_out end,
        case when s.named_in is not null then k.named_in end,
        case when s.followed_outside is not null then k.followed_outside end,
        cast(l.rank as integer),
        cast(a.rank as integer)
    ) as rule_rank,
    least(
        case when s.outside is not null then n.outside end,
        case when s.closed is not null then n.closed end,
        case when s.not_yet_created is not null then n.not_yet_created end,
        case when s.not_employer is not null then n.not_employer end,
        case when s.named_out is not null then n.named_out end,
        case when s.named_in is not null then n.named_in end,
        case when s.followed_outside is not null then n.followed_outside end,
        case when l.about = 'nature' then cast(l.rank as integer) end,
        case when a.about = 'nature' then cast(a.rank as integer) end
    ) as nature_rank
from tested as s
inner join rules.decision_rules as l on l.rule_id = s.legal_rule
left join rules.decision_rules as a on a.rule_id = s.activity_rule
cross join (select * from rank_of where about = 'every') as k
cross join (select * from rank_of where about = 'nature') as n
