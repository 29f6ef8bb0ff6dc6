-- grain: one SIRET that its history leaves closed, with the first day of its last uninterrupted closure.
-- view
with last_open as (
    select siret, max(since) as since, count(*) as periods from staging.sirene_history where state = 'active' group by siret
)
select h.siret, min(h.since) as closed_on
from staging.sirene_history as h
left join last_open as o on o.siret = h.siret
where h.state = 'closed' and (o.periods is null or o.since is null or h.since > o.since)
group by h.siret
