-- Grain: one respondent x question x choice, for the answered questions that offer choices.
select
    a.respondent_id,
    a.question_code,
    c.choice_code,
    c.choice_rank,
    s.choice_code is not null as is_chosen
from core.survey_answer as a
inner join core.survey_respondent as r on r.respondent_id = a.respondent_id
inner join rules.survey_choice as c on c.question_code = a.question_code
inner join rules.survey_question as q on q.question_code = a.question_code
left join staging.survey_choice as s
    on s.respondent_key = r.respondent_key and s.question_code = a.question_code and s.choice_code = c.choice_code
where a.status = 'answered'
order by a.respondent_id, q.question_rank, c.choice_rank
