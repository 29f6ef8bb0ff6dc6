-- grain: one commune x APE, for the year that the edition asks for (else the last one filled). Empty is not zero.
with latest as (
    select
        case when count(jobs_2025) > 0 then 2025 when count(jobs_2024) > 0 then 2024 when count(jobs_2023) > 0 then
        2023 when count(jobs_2022) > 0 then 2022 when count(jobs_2021) > 0 then 2021 when count(jobs_2020) > 0 then
        2020 when count(jobs_2019) > 0 then 2019 when count(jobs_2018) > 0 then 2018 when count(jobs_2017) > 0 then
        2017 when count(jobs_2016) > 0 then 2016 when count(jobs_2015) > 0 then 2015 when count(jobs_2014) > 0 then
        2014 when count(jobs_2013) > 0 then 2013 when count(jobs_2012) > 0 then 2012 when count(jobs_2011) > 0 then
        2011 when count(jobs_2010) > 0 then 2010 when count(jobs_2009) > 0 then 2009 when count(jobs_2008) > 0 then
        2008 when count(jobs_2007) > 0 then 2007 when count(jobs_2006) > 0 then 2006 end as year
    from staging.urssaf_typed
),
asked as (
    select coalesce(max(s.vintage), max(l.year)) as year
    from latest as l
    left join rules.edition_source as s on s.source = 'urssaf'
),
picked as (
    select
        t.commune_code,
        t.naf,
        y.year,
        case y.year when 2006 then t.establishments_2006 when 2007 then t.establishments_2007 when 2008 then
        t.establishments_2008 when 2009 then t.establishments_2009 when 2010 then t.establishments_2010 when 2011 then
        t.establishments_2011 when 2012 then t.establishments_2012 when 2013 then t.establishments_2013 when 2014 then
        t.establishments_2014 when 2015 then t.establishments_2015 when 2016 then t.establishments_2016 when 2017 then
        t.establishments_2017 when 2018 then t.establishments_2018 when 2019 then t.establishments_2019 when 2020 then
        t.establishments_2020 when 2021 then t.establishments_2021 when 2022 then t.establishments_2022 when 2023 then
        t.establishments_2023 when 2024 then t.establishments_2024 when 2025 then t.establishments_2025 end as
        establishments_text,
        case y.year when 2006 then t.jobs_2006 when 2007 then t.jobs_2007 when 2008 then t.jobs_2008 when 2009 then
        t.jobs_2009 when 2010 then t.jobs_2010 when 2011 then t.jobs_2011 when 2012 then t.jobs_2012 when 2013 then
        t.jobs_2013 when 2014 then t.jobs_2014 when 2015 then t.jobs_2015 when 2016 then t.jobs_2016 when 2017 then
        t.jobs_2017 when 2018 then t.jobs_2018 when 2019 then t.jobs_2019 when 2020 then t.jobs_2020 when 2021 then
        t.jobs_2021 when 2022 then t.jobs_2022 when 2023 then t.jobs_2023 when 2024 then t.jobs_2024 when 2025 then
        t.jobs_2025 end as jobs_text,
        t._file,
        t._sha256,
        t._sheet,
        t._line
    from staging.urssaf_typed as t
    cross join asked as y
),
number as (
    select
        *,
        try_cast(replace(replace(establishments_text, ' ', ''), ',', '.') as double) as establishments,
        try_cast(replace(replace(jobs_text, ' ', ''), ',', '.') as double) as jobs
    from picked
),
judged as (
    select
        n.*,
        case
            when n.jobs_text is not null and (n.jobs is null or n.jobs <> floor(n.jobs)) and lower(n.jobs_text) not in ('s', 'nd') then 'E311'
        end as refusal_code
    from number as n
)
select
    commune_code,
    naf,
    year,
    cast(floor(establishments) as bigint) as establishments,
    cast(floor(jobs) as bigint) as jobs,
    case lower(jobs_text) when 's' then 'secret' when 'nd' then 'not_available' end as jobs_mark,
    case when refusal_code is not null then 'Effectifs salariés' end as refusal_column,
    case when refusal_code is not null then jobs_text end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'nombre entier attendu' end as refusal_reason,
    case when refusal_code is not null then 'Corrigez la valeur.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
