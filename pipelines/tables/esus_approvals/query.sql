-- grain: one ESS family, what the perimeter leaves out, or all x measure: legal units with an approval in force and an open
-- establishment in the territory.
with placed as (
    select
        siren,
        max(case when in_perimeter then 1 else 0 end) as is_kept,
        min(case when in_perimeter then ess_family end) as family
    from core.establishment
    where rule_id not in ('HORS_TERRITOIRE', 'FERME', 'PAS_ENCORE_CREE')
    group by siren
),
approved as (
    select l.siren, max(l.expires_on) as expires_on, max(case when l.expires_on is null then 1 else 0 end) as is_undated
    from staging.esus_list as l
    cross join rules.edition as e
    where coalesce(l.approved_on, e.reference_date) <= e.reference_date and coalesce(l.expires_on, e.reference_date) >= e.reference_date
    group by l.siren
),
unit as (
    select
        p.family,
        p.is_kept,
        case when a.is_undated = 0 and a.expires_on < e.reference_date + interval 1 year then 1 else 0 end as is_ending
    from approved as a
    inner join placed as p on p.siren = a.siren
    cross join rules.edition as e
),
line as (
    select f.family as row_code, min(l.label) as row_label, min(cast(l.rank as integer)) as row_rank, 'data' as row_kind,
        count(u.family) as approved, coalesce(sum(u.is_ending), 0) as ending
    from rules.perimeter_family as f
    inner join rules.ess_families as l on l.family = f.family
    left join unit as u on u.family = f.family and u.is_kept = 1
    group by f.family
    union all
    select 'outside', 'Sans établissement employeur retenu dans le périmètre', 100, 'data', count(*), coalesce(sum(is_ending), 0)
    from unit
    where is_kept = 0
    union all
    select 'total', 'Ensemble', 1000, 'total', count(*), coalesce(sum(is_ending), 0) from unit
)
select row_code, row_label, row_rank, row_kind, 'approved' as column_code, cast(approved as double) as value from line
union all
select row_code, row_label, row_rank, row_kind, 'ending', ending from line
