-- Grain: one cell of the table of expression by question. Base of a rate = respondents concerned (not filtered),
-- less those who say that the question has no object for them.
with counts as (
    select
        q.question_code,
        q.short_label as row_label,
        q.question_rank,
        q.section_label as row_section,
        count(a.respondent_id) filter (where a.status <> 'filtered') as concerned,
        count(a.respondent_id) filter (where a.status = 'sans_objet') as not_applicable,
        count(a.respondent_id) filter (where a.status = 'answered') as expressed,
        count(a.respondent_id) filter (where a.status in ('nsp', 'refus')) as declined,
        count(a.respondent_id) filter (where a.status = 'nr') as not_stated
    from rules.survey_question as q
    inner join survey_block as b on b.question_code = q.question_code
    left join core.survey_answer as a on a.question_code = q.question_code
    group by all
),
long as (
    select c.*, m.column_code, c.concerned - c.not_applicable as base_n,
        case m.column_code
            when 'concerned' then c.concerned
            when 'not_applicable' then c.not_applicable
            when 'expressed' then c.expressed
            when 'declined' then c.declined
            when 'not_stated' then c.not_stated
            when 'rate' then c.expressed
            when 'nonexpression_rate' then c.concerned - c.not_applicable - c.expressed
        end as respondent_n,
        m.column_code in ('rate', 'nonexpression_rate') as is_rate
    from counts as c
    cross join survey_measure as m
)
select
    question_code as row_code,
    row_label,
    row_number() over (partition by column_code order by question_rank) as row_rank,
    'data' as row_kind,
    row_section,
    column_code,
    cast(case when is_rate then 100.0 * respondent_n / nullif(base_n, 0) else respondent_n end as double) as value,
    cast(case when is_rate then respondent_n end as double) as numerator,
    cast(case when is_rate then base_n end as double) as denominator,
    base_n,
    respondent_n as n_units,
    cast(null as double) as top_share,
    cast(null as varchar) as obs_status,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from long
