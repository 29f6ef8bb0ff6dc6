-- grain: one establishment decided by its nature (neither its place nor its life) x another opinion on it: Sirene's flag, a dated list.
-- A list says yes or nothing: an absence proves nothing; employers' groups and adapted enterprises are not work integration.
-- `agreement`: agree, disagree, review (ours waits), silent (theirs).
with decided as (
    select e.*
    from core.establishment as e
    inner join rules.decision_rules as r on r.rule_id = e.rule_id
    where r.about = 'nature'
),
opinion as (
    select
        s.siret,
        'sirene_flag' as given_by,
        'indicateur ESS de Sirene' as given_by_label,
        case s.ess_flag when 'O' then 'yes' when 'N' then 'no' else 'none' end as opinion,
        case s.ess_flag when 'O' then 'oui' when 'N' then 'non' else 'non renseigné' end as detail
    from decided as s
    where s.register <> 'manageo' or s.ess_flag is not null
    union all
    select d.siret, 'ess_list', 'liste des entreprises de l’ESS', 'yes', min(l.family_label)
    from decided as d
    inner join staging.ess_list as l on l.siren = d.siren
    group by d.siret
    union all
    select d.siret, 'esus', 'agrément ESUS', 'yes',
        'agréé le ' || strftime(min(l.approved_on), '%d/%m/%Y')
    from decided as d
    inner join staging.esus_list as l on l.siren = d.siren
    cross join rules.edition as e
    where coalesce(l.approved_on, e.reference_date) <= e.reference_date and coalesce(l.expires_on, e.reference_date) >= e.reference_date
    group by d.siret
    union all
    select d.siret, 'siae', 'liste des structures de l’insertion', 'yes', string_agg(l.kind, ', ' order by l.kind)
    from decided as d
    inner join (select distinct siret, kind from staging.siae_list where is_siae) as l on l.siret = d.siret
    group by d.siret
)
select
    d.siret,
    d.siren,
    d.name,
    d.legal_category,
    d.naf,
    d.commune_code,
    o.given_by,
    o.given_by_label,
    o.opinion,
    o.detail,
    d.decision,
    d.rule_id,
    d.rule_label,
    d.evidence,
    case
        when o.opinion = 'none' then 'silent'
        when d.decision = 'review' then 'review'
        when (d.decision = 'in') = (o.opinion = 'yes') then 'agree'
        else 'disagree'
    end as agreement
from decided as d
inner join opinion as o on o.siret = d.siret
