-- grain: one source that counts by commune x commune of the territory that no line of it names. `is_zero`: its producer gives no line to
-- a commune that has nothing (`absent_is_zero_from` in source.toml), and the file goes that far: so large a share of the inhabitants of
-- its inter-municipality, or of what the territory has of it, lives in communes that the file names. Else what it lacks is not known.
with named as (
    select distinct 'unistatis' as source, commune_code as code from staging.unistatis
    union all
    select distinct 'urssaf', commune_code from staging.urssaf where jobs is not null or jobs_mark is not null
    union all
    select distinct 'insee_employers', commune_code from staging.insee_employers
    union all
    select distinct 'comparateur', commune_code from staging.comparateur
    union all
    select distinct 'clap', commune_code from staging.clap
    union all
    select distinct 'clap_wide', commune_code from staging.clap_wide
    union all
    select distinct 'flores_wide', commune_code from staging.flores_wide
    union all
    select distinct 'flores', area_code from staging.flores where geo_object = 'COM'
    union all
    select distinct 'flores_ess', area_code from staging.flores_ess where geo_object = 'COM'
),
asked as (
    select s.source, s.absent_is_zero_from
    from rules.edition_source as s
    where s.is_present and s.source in (select source from named)
),
place as (
    select c.code, coalesce(c.epci_code, c.departement) as area, cast(c.population as double) as inhabitants, t.code is not null as is_inside
    from rules.communes as c
    left join rules.territory_commune as t on t.code = c.code
    where c.type = 'commune-actuelle'
),
reach as (
    select
        a.source,
        p.area,
        sum(case when n.code is not null then p.inhabitants else 0 end) / nullif(sum(p.inhabitants), 0) as share,
        sum(case when n.code is not null and p.is_inside then p.inhabitants else 0 end)
            / nullif(sum(case when p.is_inside then p.inhabitants end), 0) as share_inside
    from asked as a
    cross join place as p
    left join named as n on n.source = a.source and n.code = p.code
    where a.absent_is_zero_from is not null
    group by a.source, p.area
)
select
    a.source,
    t.code as commune_code,
    coalesce(r.share >= a.absent_is_zero_from, false) or coalesce(r.share_inside >= a.absent_is_zero_from, false) as is_zero
from asked as a
cross join rules.territory_commune as t
left join named as n on n.source = a.source and n.code = t.code
left join place as p on p.code = t.code
left join reach as r on r.source = a.source and r.area = p.area
where n.code is null
