-- Grain: one respondent x question, for all questions but those of identity; an empty cell is the status 'nr'.
select
    r.respondent_id,
    q.section_code,
    q.question_code,
    q.question_type,
    coalesce(a.status, 'nr') as status,
    a.value_text,
    a.value_number
from core.survey_respondent as r
cross join rules.survey_question as q
left join staging.survey_answer as a
    on a.respondent_key = r.respondent_key and a.question_code = q.question_code
where q.sensitivity <> 'identity'
order by r.respondent_id, q.question_rank
