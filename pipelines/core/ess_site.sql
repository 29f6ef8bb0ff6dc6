-- grain: one SIRET of the territory that the rules on its nature keep, employer or not, open or closed: for births and deaths.
-- view
select
    e.siret,
    e.siren,
    e.ess_family,
    e.commune_code,
    e.sector,
    e.created_on,
    case when e.state = 'closed' then coalesce(c.closed_on, e.closed_on) end as closed_on,
    e.state,
    e.size_band,
    e.in_perimeter,
    e.register
from core.establishment as e
inner join rules.decision_rules as r on cast(r.rank as integer) = e.nature_rank
left join core.closure as c on c.siret = e.siret
where r.decision = 'in' and e.rule_id <> 'HORS_TERRITOIRE'
