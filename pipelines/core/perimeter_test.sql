-- grain: one SIRET x rule that applies to it. The decision is the applicable rule of lowest rank (see core.establishment).
with site as (
    select * from staging.manageo
),
edition as (
    select * from rules.edition
),
legal as (
    select
        s.siret,
        c.family,
        c.confidence,
        c.label,
        f.family is not null as is_family_kept
    from site as s
    cross join edition as e
    left join rules.legal_categories as c
        on c.code = s.legal_category
        and (c.since is null or cast(c.since as date) <= e.reference_date)
        and (c.until is null or cast(c.until as date) >= e.reference_date)
    left join rules.perimeter_family as f on f.family = c.family
),
activity_rule as (
    select
        s.siret,
        x.decision,
        x.prefix,
        x.label,
        x.confidence,
        row_number() over (partition by s.siret order by length(x.prefix) desc) as closeness
    from site as s
    cross join edition as e
    inner join rules.naf_exclusions as x
        on x.nomenclature = e.nomenclature and starts_with(s.naf, x.prefix)
),
named as (
    select
        d.siret,
        d.decision,
        d.family,
        d.reason,
        d.decided_by,
        d.decided_on
    from rules.named_decisions as d
    cross join edition as e
    where (d.editions is null or d.editions = '*' or list_contains(string_split(d.editions, '|'), e.edition))
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
select s.siret, 'NON_EMPLOYEUR', null, 'tranche d’effectif ' || b.label, 'high'
from site as s
inner join rules.size_bands as b on b.code = s.size_band
where b.is_employer = 'false'
union all
select s.siret, case when n.decision = 'in' then 'DECISION_NOMINATIVE_IN' else 'DECISION_NOMINATIVE_OUT' end, n.family,
    n.reason || ' (' || n.decided_by || ', ' || n.decided_on || ')', 'high'
from site as s
inner join named as n on n.siret = s.siret
union all
select s.siret, 'SUIVI_HORS_CADRE', null, 'étiquette « hors cadre » de l’extraction', 'high'
from site as s
where s.is_followed_outside
union all
select s.siret, 'CJ_HORS_LISTE', null, 'catégorie juridique ' || s.legal_category || coalesce(' ' || l.label, ''),
    coalesce(l.confidence, 'high')
from site as s
inner join legal as l on l.siret = s.siret
where l.family is null or l.family = 'hors_ess'
union all
select s.siret, 'CJ_HORS_EDITION', l.family, 'catégorie juridique ' || s.legal_category || ' ' || l.label, l.confidence
from site as s
inner join legal as l on l.siret = s.siret
where l.family is not null and l.family <> 'hors_ess' and not l.is_family_kept
union all
select s.siret, 'CJ_A_VERIFIER', l.family, 'catégorie juridique ' || s.legal_category || ' ' || l.label, l.confidence
from site as s
inner join legal as l on l.siret = s.siret
where l.is_family_kept and l.confidence = 'low'
union all
select s.siret, case a.decision when 'out' then 'NAF_EXCLUE' else 'NAF_A_VERIFIER' end, null,
    'activité ' || s.naf || ' (règle ' || a.prefix || ' ' || a.label || ')', a.confidence
from site as s
inner join activity_rule as a on a.siret = s.siret and a.closeness = 1
union all
select s.siret, 'CJ_ESS', l.family, 'catégorie juridique ' || s.legal_category || ' ' || l.label, l.confidence
from site as s
inner join legal as l on l.siret = s.siret
where l.is_family_kept and l.confidence <> 'low'
