-- grain: one SIRET of the territory that the rules on its nature keep, employer or not, open or closed: for births and deaths.
with nature as (
    select t.siret, min(cast(r.rank as integer)) as rule_rank
    from core.perimeter_test as t
    inner join rules.decision_rules as r on r.rule_id = t.rule_id
    where r.about = 'nature'
    group by t.siret
)
select
    s.siret,
    s.siren,
    e.ess_family,
    s.commune_code,
    e.sector,
    s.created_on,
    case when s.state = 'closed' then s.closed_on end as closed_on,
    s.state,
    s.size_band,
    e.in_perimeter,
    s.register
from core.site as s
inner join nature as n on n.siret = s.siret
inner join rules.decision_rules as r on cast(r.rank as integer) = n.rule_rank
inner join core.establishment as e on e.siret = s.siret
where r.decision = 'in' and e.rule_id <> 'HORS_TERRITOIRE'
