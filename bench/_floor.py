"""The floor: one query written by hand for this engine, that decides and describes every establishment as the core does.

It knows the rules of the perimeter of 2014 and their ranks by heart, which the core reads from declarations.
"""

FLOOR = """
create table floor as
with excluded as (
    select prefix, decision, 'activité ' as a, ' (règle ' || prefix || ' ' || label || ')' as b, confidence
    from rules.naf_exclusions where nomenclature = 'naf_rev2'
),
activity as (
    select u.naf, arg_max(x.decision, length(x.prefix)) as decision, arg_max(x.a || u.naf || x.b, length(x.prefix)) as evidence,
        arg_max(x.confidence, length(x.prefix)) as confidence
    from (select distinct naf from staging.sirene_legal_unit union select distinct naf from staging.sirene_establishment) as u
    inner join excluded as x on starts_with(u.naf, x.prefix)
    group by u.naf
),
category as (
    select code, min(family) as family, min(confidence) as confidence, 'catégorie juridique ' || code || ' ' || min(label) as evidence
    from rules.legal_categories cross join rules.edition as e
    where coalesce(cast(since as date) <= e.reference_date, true) and coalesce(cast(until as date) >= e.reference_date, true)
    group by code
),
named_coop as (
    select distinct siren from (
        select s.siren, coalesce(u.name, s.usual_name, u.usual_name) as name
        from staging.sirene_establishment as s left join staging.sirene_legal_unit as u using (siren)
        where not s.is_partial and not coalesce(u.is_partial, false))
    where regexp_matches(' ' || lower(name) || ' ', ' (scop|scic) ')
),
site as (
    select s.* exclude (naf), s.naf, u.legal_category, u.name as unit_name, u.usual_name as unit_usual_name,
        coalesce(u.is_partial, false) as unit_partial,
        coalesce(u.naf, s.naf) as tested, c.code is not null as is_listed, c.family, c.confidence as category_confidence,
        coalesce(c.evidence, 'catégorie juridique ' || u.legal_category) as category_evidence,
        case when u.ess_flag = 'O' then 1 when n.siren is not null then 0 end as proof, n.siren is not null as is_coop,
        a.decision as activity, a.evidence as activity_evidence, a.confidence as activity_confidence,
        b.is_employer, b.label as band, t.epci_code, v.a38, e.reference_date
    from staging.sirene_establishment as s
    cross join rules.edition as e
    inner join rules.territory_commune as t on t.code = s.commune_code
    left join staging.sirene_legal_unit as u on u.siren = s.siren
    left join category as c on c.code = u.legal_category
    left join named_coop as n on n.siren = s.siren
    left join activity as a on a.naf = coalesce(u.naf, s.naf)
    left join rules.size_bands as b on b.code = s.size_band
    left join rules.naf_rev2 as v on v.naf = s.naf
),
legal as (
    select *,
        case when legal_category is null then 48
            when family = 'societe_commerciale_ess' then case proof when 1 then 101 when 0 then 62 else 57 end
            when family in ('association', 'cooperative', 'mutuelle', 'fondation')
                then case when category_confidence = 'low' then 60 else 100 end
            when family <> 'hors_ess' then 55
            when not is_listed and legal_category[1] in ('5', '6') and proof is not null then 62
            else 50 end as legal_rank
    from site
),
ranked as (
    select *,
        least(legal_rank, case activity when 'out' then 70 when 'review' then 75 end) as nature_rank,
        least(legal_rank, case activity when 'out' then 70 when 'review' then 75 end,
            case when state = 'closed' and coalesce(closed_on <= reference_date, true) then 20 end,
            case when created_on > reference_date then 22 end, case when is_employer = 'false' then 25 end) as rule_rank,
        case when legal_rank in (101, 62) and is_coop then 'cooperative'
            when legal_rank in (101, 62) then 'societe_commerciale_ess' when legal_rank not in (48, 50) then family end as legal_family
    from legal
)
select
    d.siret, d.siren,
    case when d.is_partial or d.unit_partial then '[ND]' else coalesce(d.unit_name, d.usual_name, d.unit_usual_name, '[ND]') end as name,
    d.legal_category, d.naf, d.commune_code, d.size_band, d.is_employer = 'true' as is_employer,
    case when d.rule_rank = d.legal_rank or d.legal_rank in (60, 62, 100, 101) then d.legal_family end as ess_family,
    r.decision = 'in' as in_perimeter, r.rule_id,
    case d.rule_rank
        when 20 then coalesce('fermé le ' || strftime(d.closed_on, '%d/%m/%Y'), 'état fermé')
        when 22 then 'créé le ' || strftime(d.created_on, '%d/%m/%Y')
        when 25 then 'tranche d’effectif ' || d.band
        when 70 then d.activity_evidence when 75 then d.activity_evidence
        when 48 then 'aucune unité légale pour le SIREN ' || d.siren
        when 57 then d.category_evidence || ', sans preuve'
        when 62 then 'catégorie juridique ' || d.legal_category || ' : '
            || case when d.proof = 1 then 'indicateur ESS de Sirene' else 'nom de coopérative (Scop ou Scic)' end
        when 101 then 'catégorie juridique ' || d.legal_category || ' : indicateur ESS de Sirene'
        else d.category_evidence end as evidence,
    r.decision,
    case d.rule_rank when 70 then d.activity_confidence when 75 then d.activity_confidence when 62 then 'low' when 101 then 'medium'
        when 20 then 'high' when 22 then 'high' when 25 then 'high' when 48 then 'high'
        else coalesce(d.category_confidence, 'high') end as confidence,
    r.label as rule_label, d.a38 as sector, d.epci_code,
    case when not d.unit_partial then d.brand end as brand, case when not d.unit_partial then d.postcode end as postcode,
    case when not d.unit_partial then d.city end as city, false as is_followed_outside,
    d._file as source_file, d._sheet as source_sheet, d._line as source_line, 'sirene_establishment' as register,
    d.created_on, d.closed_on, d.state, d.nature_rank
from ranked as d
inner join rules.decision_rules as r on cast(r.rank as integer) = d.rule_rank
"""

#: The counts of the tables of establishments, each by one aggregate.
FLOOR_TABLES = """
create table floor_{name} as select {by}, count(*) as establishments, count(distinct siren) as units
from floor where in_perimeter group by all
"""
