-- Grain: one cell of a table of choices. Base of a block = respondents of its population who answered its question;
-- shares are on that base, so those of a question with several answers may add up to more than 100 %. Interval of a
-- share: Wilson's, on the sample size of equal precision in an infinite population, n (N - 1) / (N - n); N is the
-- population, cut to the share of it that the question concerns (same formula as estimation/intervals.py).
with statuses as (
    select b.block_code, b.block_rank, a.respondent_id, a.status
    from survey_block as b
    inner join survey_population as p on p.block_code = b.block_code
    inner join core.survey_answer as a on a.respondent_id = p.respondent_id and a.question_code = b.question_code
),
bases as (
    select
        b.block_code, b.block_rank, b.block_label, b.question_code, b.row_order, b.shows_choices, b.shows_missing,
        count(*) filter (where s.status = 'answered') as answered_n,
        count(*) filter (where s.status = 'filtered') as filtered_n,
        count(*) filter (where s.status = 'sans_objet') as not_applicable_n,
        count(*) filter (where s.status in ('nsp', 'refus')) as declined_n,
        count(*) filter (where s.status = 'nr') as not_stated_n,
        count(s.respondent_id) as respondent_n
    from survey_block as b
    left join statuses as s on s.block_code = b.block_code
    group by all
),
populations as (
    select b.*,
        s.population_n * (b.respondent_n - b.filtered_n - b.not_applicable_n) / nullif(t.respondent_n, 0)
            as concerned_population
    from bases as b
    cross join survey_setting as s
    cross join (select count(*) as respondent_n from core.survey_respondent) as t
),
choice_counts as (
    select
        b.block_code, c.choice_code, c.choice_label, c.choice_rank,
        case when c.is_other then 1 when c.is_exclusive then 2 else 0 end as at_the_end,
        count(k.respondent_id) as respondent_n
    from bases as b
    inner join rules.survey_choice as c on c.question_code = b.question_code
    left join (
        select s.block_code, k.question_code, k.choice_code, k.respondent_id
        from statuses as s
        inner join core.survey_choice as k on k.respondent_id = s.respondent_id and k.is_chosen
        where s.status = 'answered'
    ) as k on k.block_code = b.block_code and k.question_code = c.question_code and k.choice_code = c.choice_code
    where b.shows_choices
    group by all
),
choice_rows as (
    select
        b.block_code,
        b.block_code || '.' || c.choice_code as row_code,
        c.choice_label as row_label,
        'data' as row_kind,
        row_number() over (
            partition by b.block_code
            order by
                case when b.row_order = 'descending' then c.at_the_end else 0 end,
                case when b.row_order = 'descending' then -c.respondent_n else 0 end,
                c.choice_rank
        ) as rank_in_block,
        c.respondent_n
    from bases as b
    inner join choice_counts as c on c.block_code = b.block_code
),
group_rows as (
    select
        g.block_code,
        g.block_code || '.' || g.row_code as row_code,
        g.row_label,
        g.row_kind,
        case when g.row_kind = 'data' then 1000 else 3500 end + g.row_rank as rank_in_block,
        count(s.respondent_id) as respondent_n
    from survey_group as g
    left join survey_group_member as m on m.block_code = g.block_code and m.row_code = g.row_code
    left join statuses as s
        on s.block_code = m.block_code and s.respondent_id = m.respondent_id
        and (g.row_kind <> 'data' or s.status = 'answered')
    group by all
),
closing_rows as (
    select block_code, block_code || '.base' as row_code, 'base' as label_key, 'base' as row_kind, 2000 as rank_in_block,
        answered_n as respondent_n, true as is_shown
    from bases
    union all
    select b.block_code, b.block_code || '.filtered', 'filtered', 'missing', 3001, b.filtered_n,
        b.shows_missing and (q.has_filter or b.filtered_n > 0)
    from bases as b
    inner join rules.survey_question as q on q.question_code = b.question_code
    union all
    select b.block_code, b.block_code || '.not_applicable', 'not_applicable', 'missing', 3002, b.not_applicable_n,
        b.shows_missing and (q.allows_not_applicable or b.not_applicable_n > 0)
    from bases as b
    inner join rules.survey_question as q on q.question_code = b.question_code
    union all
    select b.block_code, b.block_code || '.declined', 'declined', 'missing', 3003, b.declined_n,
        b.shows_missing and (q.allows_declined or b.declined_n > 0)
    from bases as b
    inner join rules.survey_question as q on q.question_code = b.question_code
    union all
    select block_code, block_code || '.not_stated', 'not_stated', 'missing', 3004, not_stated_n, shows_missing
    from bases
    union all
    select block_code, block_code || '.total', 'total', 'total', 4000, respondent_n, shows_missing
    from bases
),
all_rows as (
    select * from choice_rows
    union all
    select * from group_rows
    union all
    select c.block_code, c.row_code, l.row_label, c.row_kind, c.rank_in_block, c.respondent_n
    from closing_rows as c
    inner join survey_label as l on l.label_key = c.label_key
    where c.is_shown
),
ranked as (
    select
        r.row_code, r.row_label, r.row_kind, b.block_label as row_section, r.respondent_n, b.answered_n,
        row_number() over (order by b.block_rank, r.rank_in_block, r.row_code) as row_rank,
        r.row_kind in ('data', 'base') as has_share,
        r.row_kind = 'data' and b.answered_n >= s.percent_from and s.population_n is not null as has_interval,
        1.0 * r.respondent_n / nullif(b.answered_n, 0) as share,
        s.width * s.width
            * greatest(b.concerned_population - b.answered_n, 0)
            / nullif(b.answered_n * (b.concerned_population - 1), 0) as spread
    from all_rows as r
    inner join populations as b on b.block_code = r.block_code
    cross join survey_setting as s
),
scored as (
    select
        *,
        (share + spread / 2) / (1 + spread) as centre,
        sqrt(spread * share * (1 - share) + spread * spread / 4) / (1 + spread) as half_width
    from ranked
)
select
    r.row_code, r.row_label, r.row_rank, r.row_kind, r.row_section, 'count' as column_code,
    cast(r.respondent_n as double) as value, cast(null as double) as numerator, cast(null as double) as denominator,
    r.answered_n as base_n, r.respondent_n as n_units, cast(null as double) as top_share,
    cast(null as varchar) as obs_status, cast(null as double) as ci_low, cast(null as double) as ci_high
from scored as r
union all
select
    r.row_code, r.row_label, r.row_rank, r.row_kind, r.row_section, 'share',
    case when r.has_share then 100.0 * r.respondent_n / nullif(r.answered_n, 0) end,
    case when r.has_share then cast(r.respondent_n as double) end,
    case when r.has_share then cast(r.answered_n as double) end,
    r.answered_n,
    case when r.has_share then r.respondent_n end,
    null,
    case when r.has_share then null else 'M' end,
    case when r.has_interval then 100.0 * greatest(r.centre - r.half_width, 0) end,
    case when r.has_interval then 100.0 * least(r.centre + r.half_width, 1) end
from scored as r
