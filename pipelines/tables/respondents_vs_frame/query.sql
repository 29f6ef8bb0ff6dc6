-- grain: one category of a characteristic x measure; a respondent is in the frame when its answer was linked to it (by
-- SIRET, by a clear resemblance of name and place, or by a decision of the analyst).
with unit as (
    select
        e.siret,
        e.size_band,
        e.ess_family,
        r.respondent_id is not null as is_respondent
    from core.field_establishment as e
    left join core.survey_link as r on r.siret = e.siret
),
category as (
    select 'Tranche d’effectif' as row_section, 'band_' || b.code as row_code, b.label as row_label,
        cast(b.rank as integer) as row_rank, u.siret, u.is_respondent
    from unit as u inner join rules.size_bands as b on b.code = u.size_band
    union all
    select 'Activité', 'sector_' || g.group_code, upper(left(g.group_label, 1)) || substr(g.group_label, 2),
        2000 + g.group_rank, u.siret, u.is_respondent
    from unit as u inner join core.survey_frame as g on g.siret = u.siret
    inner join rules.table_parameter as p
        on p.table_id = 'respondents_vs_frame' and p.name = 'activity' and p.value = g.variable_code
    union all
    select 'Famille de l’ESS', 'family_' || f.family, f.label, 1000 + cast(f.rank as integer), u.siret, u.is_respondent
    from unit as u inner join rules.ess_families as f on f.family = u.ess_family
),
counted as (
    select row_section, row_code, row_label, row_rank, count(*) as frame,
        count(case when is_respondent then 1 end) as respondents
    from category
    group by row_section, row_code, row_label, row_rank
),
total as (
    select count(*) as frame, count(case when is_respondent then 1 end) as respondents from unit
),
share as (
    select c.*, t.frame as frame_total, t.respondents as respondents_total,
        100.0 * c.frame / nullif(t.frame, 0) as frame_share,
        100.0 * c.respondents / nullif(t.respondents, 0) as respondents_share
    from counted as c cross join total as t
)
select row_section, row_code, row_label, row_rank, 'data' as row_kind, 'frame' as column_code, cast(frame as double) as value,
    cast(null as double) as numerator, cast(null as double) as denominator, cast(null as bigint) as base_n,
    cast(null as bigint) as n_units
from share
union all
select row_section, row_code, row_label, row_rank, 'data', 'frame_share', frame_share, frame, frame_total, null, null from share
union all
select row_section, row_code, row_label, row_rank, 'data', 'coverage', 100.0 * respondents / nullif(frame, 0), respondents, frame,
    frame, respondents
from share
union all
select row_section, row_code, row_label, row_rank, 'data', 'respondents', respondents, null, null, respondents_total, respondents
from share
union all
select row_section, row_code, row_label, row_rank, 'data', 'respondents_share', respondents_share, respondents, respondents_total,
    respondents_total, respondents
from share
union all
select row_section, row_code, row_label, row_rank, 'data', 'gap', respondents_share - frame_share, null, null, respondents_total,
    respondents
from share
union all
select null, 'linked', 'Ensemble', 9999, 'total', 'frame', frame, null, null, null, null from total
union all
select null, 'linked', 'Ensemble', 9999, 'total', 'respondents', respondents, null, null, respondents, respondents from total
union all
select null, 'linked', 'Ensemble', 9999, 'total', 'coverage', 100.0 * respondents / nullif(frame, 0), respondents, frame, frame,
    respondents
from total
