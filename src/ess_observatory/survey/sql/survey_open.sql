-- Grain: one respondent x question with an open answer beside the choices, and the choices it was recoded to.
select
    r.respondent_id,
    o.question_code,
    o.open_text,
    o.is_other,
    o.recoded_to
from core.survey_respondent as r
inner join staging.survey_open as o on o.respondent_key = r.respondent_key
inner join rules.survey_question as q on q.question_code = o.question_code
order by r.respondent_id, q.question_rank, o.open_text
