-- grain: one of the ten last full years x measure: associations declared in the territory, whatever their size. A file without any day of
-- dissolution does not tell them: they are then not known.
with bound as (
    select last_full_year as last_year from rules.edition
),
created as (
    select cast(extract(year from created_on) as integer) as year, count(*) as created
    from core.association
    where created_on is not null
    group by 1
),
dissolved as (
    select cast(extract(year from ended_on) as integer) as year, count(*) as dissolved
    from core.association
    where ended_on is not null
    group by 1
),
told as (
    select count(dissolved_on) as dissolutions from staging.rna
),
line as (
    select
        case when b.last_year = y.year then 'last' else 'before_' || cast(b.last_year - y.year as varchar) end as row_code,
        cast(y.year as varchar) as row_label,
        y.year as row_rank,
        coalesce(c.created, 0) as created,
        case when t.dissolutions > 0 then coalesce(d.dissolved, 0) end as dissolved
    from (select year from created union select year from dissolved) as y
    cross join bound as b
    cross join told as t
    left join created as c on c.year = y.year
    left join dissolved as d on d.year = y.year
    where y.year > b.last_year - 10 and y.year <= b.last_year
)
select row_code, row_label, row_rank, 'created' as column_code, cast(created as double) as value from line
union all
select row_code, row_label, row_rank, 'dissolved', dissolved from line
