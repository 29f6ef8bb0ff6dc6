-- Grain: one respondent x question that says who answers. Kept apart from the answers; emptied by a purge.
select
    r.respondent_id,
    a.question_code,
    q.question_type,
    a.status,
    a.value_text
from core.survey_respondent as r
inner join staging.survey_identity as a on a.respondent_key = r.respondent_key
inner join rules.survey_question as q on q.question_code = a.question_code
order by r.respondent_id, q.question_rank
