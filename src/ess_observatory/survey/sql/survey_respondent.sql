-- Grain: one kept respondent. The identifier follows the order of the files, so the same files give the same one.
select
    'r' || case when position_no < 10 then '00' when position_no < 100 then '0' else '' end || cast(position_no as varchar)
        as respondent_id,
    respondent_key,
    siret,
    cast(substr(submitted_on, 1, 10) as date) as submitted_on,
    file,
    sheet,
    line
from (
    select *, row_number() over (order by file, sheet, line) as position_no
    from staging.survey_respondent
) as numbered
order by position_no
