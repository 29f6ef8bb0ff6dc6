-- grain: one SIREN x kind of evidence that a commercial company belongs to the ESS, at the reference date.
with told as (
    select
        siren,
        coalesce(ess_flag = 'O', false) as is_flagged,
        ' ' || lower(name) || ' ' like '% scop %' or ' ' || lower(name) || ' ' like '% scic %' as is_named
    from core.site
    where ess_flag = 'O' or ' ' || lower(name) || ' ' like '% scop %' or ' ' || lower(name) || ' ' like '% scic %'
)
select distinct siren, 'sirene_flag' as kind, cast(null as varchar) as family, 'indicateur ESS de Sirene' as evidence
from told
where is_flagged
union all
select l.siren, 'ess_list', min(f.family), 'liste des entreprises de l’ESS'
from staging.ess_list as l
left join rules.ess_family_labels as f on f.label = replace(lower(l.family_label), 'é', 'e')
group by l.siren
union all
select l.siren, 'esus', null, 'agrément ESUS'
from staging.esus_list as l
cross join rules.edition as e
where coalesce(l.approved_on, e.reference_date) <= e.reference_date and coalesce(l.expires_on, e.reference_date) >= e.reference_date
group by l.siren
union all
select distinct siren, 'name', 'cooperative', 'nom de coopérative (Scop ou Scic)'
from told
where is_named
