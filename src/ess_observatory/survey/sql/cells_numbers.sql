-- Grain: one cell of a table of indicators. Each respondent brings a value and, where the measure asks, a second
-- number (denominator or weight); a ratio or a mean only counts those who gave both.
with contributions as (
    select
        m.row_code,
        m.column_code,
        m.measure,
        c.respondent_id,
        case
            when m.measure in ('ratio', 'weighted_mean', 'sum_per') and (c.value is null or c.per is null) then null
            when m.measure = 'weighted_mean' then c.value * c.per
            when m.measure = 'sum_per' then c.per
            else c.value
        end as amount,
        case when m.measure in ('ratio', 'weighted_mean') and c.value is not null then c.per end as per
    from survey_measure as m
    inner join survey_contribution as c on c.source_key = m.source_key
    where m.measure <> 'none'
),
totals as (
    select
        row_code,
        column_code,
        count(amount) as given_n,
        count(*) filter (where amount <> 0) as nonzero_n,
        count(*) filter (where amount > 0) as positive_n,
        sum(amount) as amount_sum,
        sum(per) as per_sum,
        max(abs(amount)) as amount_max
    from contributions
    group by row_code, column_code
),
measured as (
    select
        m.*,
        coalesce(t.given_n, 0) as given_n,
        coalesce(t.nonzero_n, 0) as nonzero_n,
        coalesce(t.positive_n, 0) as positive_n,
        t.amount_sum,
        t.per_sum,
        t.amount_max,
        m.measure in ('count_expressed', 'count_positive') as is_count
    from survey_measure as m
    left join totals as t on t.row_code = m.row_code and t.column_code = m.column_code
)
select
    row_code,
    row_label,
    row_rank,
    row_kind,
    row_section,
    column_code,
    cast(case measure
        when 'sum' then amount_sum
        when 'sum_per' then amount_sum
        when 'ratio' then 100.0 * amount_sum / nullif(per_sum, 0)
        when 'weighted_mean' then amount_sum / nullif(per_sum, 0)
        when 'mean' then amount_sum / nullif(given_n, 0)
        when 'count_expressed' then given_n
        when 'count_positive' then positive_n
    end as double) as value,
    cast(case when measure in ('ratio', 'weighted_mean', 'mean') then amount_sum end as double) as numerator,
    cast(case
        when measure in ('ratio', 'weighted_mean') then per_sum
        when measure = 'mean' then given_n
    end as double) as denominator,
    case when measure <> 'none' then given_n end as base_n,
    case
        when measure = 'none' then null
        when measure = 'count_expressed' then given_n
        when measure = 'count_positive' then positive_n
        else nonzero_n
    end as n_units,
    cast(case when not is_count then amount_max / nullif(abs(amount_sum), 0) end as double) as top_share,
    case
        when measure = 'none' then 'M'
        when not is_count and given_n = 0 then 'O'
    end as obs_status,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from measured
