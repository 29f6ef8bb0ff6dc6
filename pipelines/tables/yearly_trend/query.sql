-- grain: one year x measure (this edition's year; earlier years come from earlier publications).
select
    'current' as row_code,
    cast(e.year as varchar) as row_label,
    1 as row_rank,
    case
        when w.row_code = 'establishments' and w.column_code = 'ess' then 'establishments'
        when w.row_code = 'jobs' and w.column_code = 'ess' then 'posts'
        when w.row_code = 'establishments' and w.column_code = 'share' then 'share_establishments'
        else 'share_jobs'
    end as column_code,
    w.value,
    w.numerator,
    w.denominator,
    w.n_units,
    w.obs_status,
    w.flags,
    w.low,
    w.high
from marts.economic_weight as w
cross join rules.edition as e
where w.column_code in ('ess', 'share')
