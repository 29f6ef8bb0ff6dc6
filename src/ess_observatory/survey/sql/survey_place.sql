-- Grain: one respondent, and whether it counts in this territory: the first known of the declared places decides (the commune that it
-- answers, as the territory knows it; that of its SIRET in a register); one that nothing places is taken as declared.
with answered as (
    select respondent_id, question_code, value_text, status from core.survey_answer
    union all
    select respondent_id, question_code, value_text, status from core.survey_identity
),
known as (
    select
        r.respondent_id,
        coalesce(moved.target, said.code) as answered_commune,
        coalesce(elsewhere.target, g.commune_code) as register_commune
    from core.survey_respondent as r
    left join answered as a on a.respondent_id = r.respondent_id and a.status = 'answered' and a.question_code = '{question}'
    left join rules.commune_code as said on said.code = a.value_text
    left join rules.commune_projection as moved on moved.code = a.value_text
    left join {register} as g on g.siret = r.siret
    left join rules.commune_projection as elsewhere on elsewhere.code = g.commune_code
),
placed as (
    select respondent_id, coalesce({places}) as commune_code from known
)
select
    p.respondent_id,
    p.commune_code is not null as is_placed,
    case when p.commune_code is null then {unknown} else t.code is not null end as is_in_territory
from placed as p
left join rules.territory_commune as t on t.code = p.commune_code
