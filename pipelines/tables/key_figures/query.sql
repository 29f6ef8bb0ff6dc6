-- grain: one key figure, taken from the table that computes it.
with weight as (
    select * from marts.economic_weight
)
select 'establishments' as row_code, 'Établissements employeurs de l’ESS' as row_label, 1 as row_rank, 'value' as column_code,
    value, 'établissements' as unit, 0 as decimals, numerator, denominator, cast(null as varchar) as obs_status,
    cast(null as varchar) as flags, low, high
from weight where row_code = 'establishments' and column_code = 'ess'
union all
select 'share_employers', 'Part de l’ESS dans les établissements employeurs', 2, 'value', value, '%', 1, numerator, denominator,
    obs_status, flags, null, null
from weight where row_code = 'establishments' and column_code = 'share'
union all
select 'posts', 'Postes de travail de l’ESS', 3, 'value', value, 'postes', 0, numerator, denominator, obs_status, flags, low, high
from weight where row_code = 'jobs' and column_code = 'ess'
union all
select 'share_jobs', 'Postes de l’ESS rapportés aux emplois salariés', 4, 'value', value, '%', 1, numerator, denominator,
    obs_status, flags, null, null
from weight where row_code = 'jobs' and column_code = 'share'
union all
select 'responses', 'Structures ayant répondu à l’enquête', 5, 'value',
    count(r.respondent_id), 'réponses', 0, null, null, null,
    null, null, null
from rules.edition_source as s
left join core.survey_respondent as r on true
where s.source = 'survey'
having max(case when s.is_present then 1 else 0 end) = 1
