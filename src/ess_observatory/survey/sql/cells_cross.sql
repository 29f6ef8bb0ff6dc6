-- Grain: one cell of a cross table: respondents by the answers to two questions; an axis holds one or several keys
-- a respondent (a choice, a reason for not answering, the total, a condition).
with row_axis as (
    select * from survey_axis where axis = 'row'
),
column_axis as (
    select * from survey_axis where axis = 'column' and key_code in (select column_code from survey_printed)
),
counts as (
    select r.key_code as row_code, c.key_code as column_code, count(*) as respondent_n
    from survey_axis_member as r
    inner join survey_axis_member as c on c.respondent_id = r.respondent_id and c.axis = 'column'
    inner join survey_population as p on p.respondent_id = r.respondent_id
    where r.axis = 'row'
    group by r.key_code, c.key_code
),
bases as (
    select count(*) as answered_n
    from survey_population as p
    inner join core.survey_answer as a on a.respondent_id = p.respondent_id and a.status = 'answered'
    inner join survey_block as b on b.question_code = a.question_code
)
select
    r.key_code as row_code,
    r.key_label as row_label,
    r.key_rank as row_rank,
    r.key_kind as row_kind,
    cast(null as varchar) as row_section,
    c.key_code as column_code,
    cast(coalesce(k.respondent_n, 0) as double) as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    b.answered_n as base_n,
    coalesce(k.respondent_n, 0) as n_units,
    cast(null as double) as top_share,
    cast(null as varchar) as obs_status,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from row_axis as r
cross join column_axis as c
cross join bases as b
left join counts as k on k.row_code = r.key_code and k.column_code = c.key_code
