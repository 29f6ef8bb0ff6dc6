-- grain: one indicator of participation. A number of questionnaires sent that the answers exceed is wrong: it is not known, nor is the
-- rate that it would give.
with returned as (
    select count(*) as respondents from core.survey_respondent
),
sent as (
    select case when e.survey_sent >= r.respondents then e.survey_sent end as survey_sent
    from rules.edition as e cross join returned as r
),
received as (
    select sum(l.rows_read) as answers
    from staging.ledger as l
    inner join rules.table_parameter as p on p.table_id = 'participation' and p.name = 'survey_source' and p.value = l.source
),
elsewhere as (
    select count(*) as respondents from core.survey_place where not is_in_territory
),
covered as (
    select count(e.siret) as establishments, count(k.siret) as respondents
    from core.field_establishment as e left join core.survey_link as k on k.siret = e.siret
),
answered as (
    select count(*) as respondents, sum(a.value_number) as posts
    from core.survey_answer as a
    inner join rules.table_parameter as p
        on p.table_id = 'participation' and p.name = 'posts_question' and p.value = a.question_code
    where a.status = 'answered'
),
post as (
    select max(ess_posts) as posts from core.weight where area = 'territory' and activity = '_T'
)
select 'sent' as row_code, 'Questionnaires envoyés' as row_label, 1 as row_rank, 'value' as column_code,
    cast(survey_sent as double) as value, 'questionnaires' as unit, 0 as decimals, cast(null as double) as numerator,
    cast(null as double) as denominator, cast(null as bigint) as n_units
from sent
union all
select 'received', 'Réponses reçues', 2, 'value', answers, 'réponses', 0, null, null, cast(answers as bigint) from received
union all
select 'outside', 'Réponses hors du territoire, non comptées', 3, 'value', respondents, 'réponses', 0, null, null, respondents
from elsewhere
where respondents > 0
union all
select 'returned', 'Réponses exploitables', 4, 'value', respondents, 'réponses', 0, null, null, respondents from returned
union all
select 'rate', 'Taux de retour', 5, 'value', 100.0 * r.respondents / nullif(s.survey_sent, 0), '%', 1,
    case when s.survey_sent is not null then r.respondents end, s.survey_sent,
    case when s.survey_sent is not null then r.respondents end
from returned as r cross join sent as s
union all
select 'coverage', 'Établissements du répertoire couverts', 6, 'value', 100.0 * respondents / nullif(establishments, 0), '%', 1,
    respondents, establishments, respondents
from covered
union all
select 'hr', 'Réponses au module « ressources humaines »', 7, 'value', respondents, 'réponses', 0, null, null, respondents
from answered
union all
select 'posts_share', 'Postes des répondants rapportés aux postes de l’ESS du territoire', 8, 'value',
    100.0 * a.posts / nullif(p.posts, 0), '%', 1, a.posts, p.posts, a.respondents
from answered as a cross join post as p
union all
select c.code, c.indicator, 8 + row_number() over (order by c._file, c._line), 'value', c.value, coalesce(c.unit, ''), 0, null,
    null, null
from staging.consultation as c
