-- grain: one type of structure of the list, all work integration together, or one sub-level x measure; open establishments only.
with placed as (
    select e.siret, e.epci_code, e.decision
    from core.establishment as e
    where e.rule_id not in ('HORS_TERRITOIRE', 'FERME', 'PAS_ENCORE_CREE')
),
listed as (
    select distinct l.kind, l.is_siae, p.siret, p.epci_code, p.decision
    from staging.siae_list as l
    inner join placed as p on p.siret = l.siret
),
structure as (
    select distinct siret, epci_code, decision from listed where is_siae
),
parted as (
    select distinct code from rules.territory_level where not is_whole
),
area as (
    select t.epci_code, min(t.epci_name) || case when count(p.code) > 0 then ' (partie)' else '' end as epci_name
    from rules.territory_commune as t
    left join parted as p on p.code = t.epci_code
    group by t.epci_code
),
counted as (
    select 'kind_' || l.kind as row_code, coalesce(min(k.label), l.kind) as row_label,
        coalesce(min(cast(k.rank as integer)), 90) as row_rank, 'data' as row_kind, 'Par type' as row_section, count(*) as structures,
        count(case when l.decision = 'in' then 1 end) as kept, count(case when l.decision = 'review' then 1 end) as review
    from listed as l
    left join rules.siae_kinds as k on k.code = l.kind
    group by l.kind
    union all
    select 'total', 'Ensemble de l’insertion par l’activité économique', 100, 'total', 'Par type', count(*),
        count(case when decision = 'in' then 1 end), count(case when decision = 'review' then 1 end)
    from structure
    union all
    select 'area_' || a.epci_code, min(a.epci_name), 200 + row_number() over (order by count(s.siret) desc, a.epci_code), 'data',
        'Par intercommunalité (insertion par l’activité économique)', count(s.siret),
        count(case when s.decision = 'in' then 1 end), count(case when s.decision = 'review' then 1 end)
    from area as a
    left join structure as s on s.epci_code = a.epci_code
    group by a.epci_code
)
select row_code, row_label, row_rank, row_kind, row_section, 'structures' as column_code, cast(structures as double) as value
from counted
union all
select row_code, row_label, row_rank, row_kind, row_section, 'kept', kept from counted
union all
select row_code, row_label, row_rank, row_kind, row_section, 'review', review from counted
