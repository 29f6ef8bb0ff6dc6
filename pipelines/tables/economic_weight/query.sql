-- grain: one indicator x measure. The ratio of jobs mixes two fields: it is flagged, never silently a share.
with establishment as (
    select count(*) as establishments, count(distinct siren) as legal_units from core.field_establishment
),
post as (
    select max(ess_posts) as posts, max(ess_posts_low) as low, max(ess_posts_high) as high, coalesce(max(ess_units), 0) as units,
        max(case when ess_posts_mark = 'secret' then 'secret_a_la_source' end) as hidden
    from core.weight
    where area = 'territory' and activity = '_T'
),
whole as (
    select
        max(case when measure = 'employers' then value end) as employers,
        max(case when measure = 'employers' then low end) as employers_low,
        max(case when measure = 'jobs' then value end) as jobs,
        max(case when measure = 'jobs' then low end) as jobs_low
    from core.commune_total
),
label as (
    select
        max(case when role = 'register' then label end) as register,
        max(case when role = 'employers' then label end) as employers,
        max(case when role = 'ess_posts' then label end) as ess_posts,
        max(case when role = 'jobs' then label end) as jobs
    from rules.edition_source
),
line as (
    select 'establishments' as row_code, 'Établissements employeurs' as row_label, 1 as row_rank, 'établissements' as unit,
        cast(e.establishments as double) as ess, cast(w.employers as double) as total, e.legal_units as n_units,
        'A' as share_status, 'millesimes_differents' as share_flags,
        coalesce(l.register, 'nd') || ' / ' || coalesce(l.employers, 'nd') as sources,
        cast(null as double) as ess_low, cast(null as double) as ess_high, w.employers_low as total_low,
        cast(null as varchar) as hidden
    from establishment as e cross join whole as w cross join label as l
    union all
    select 'jobs', 'Postes de l’ESS et emplois salariés', 2, 'postes', cast(p.posts as double),
        cast(w.jobs as double), cast(p.units as bigint), 'D', 'champs_incompatibles', coalesce(l.ess_posts, 'nd') || ' / ' || coalesce(l.jobs, 'nd'),
        p.low, p.high, w.jobs_low, p.hidden
    from post as p cross join whole as w cross join label as l
)
select row_code, row_label, row_rank, 'ess' as column_code, ess as value, cast(null as varchar) as text, unit,
    cast(null as double) as numerator, cast(null as double) as denominator, n_units, cast(null as varchar) as obs_status,
    coalesce(hidden, case when ess_low is not null then 'total_incomplet' end) as flags, cast(ess_low as double) as low, cast(ess_high as double) as high
from line
union all
select row_code, row_label, row_rank, 'total', total, null, case when row_code = 'jobs' then 'emplois' else unit end, null, null,
    null, null, case when total_low is not null then 'total_incomplet' end, total_low, null
from line
union all
select row_code, row_label, row_rank, 'share', 100.0 * ess / nullif(total, 0), null, '%', ess, total, n_units,
    case when ess / nullif(total, 0) is null then null else share_status end, coalesce(hidden, share_flags), null, null
from line
union all
select row_code, row_label, row_rank, 'sources', null, sources, null, null, null, null, null, null, null, null
from line
