-- Grain: one cell, in the shape that every table of `marts` has. The two terms of a ratio of amounts stay inside: put
-- beside the sum of all answers, those of a smaller base would give the amounts of the few that are not in it.
select
    row_code,
    row_label,
    cast(row_rank as integer) as row_rank,
    row_kind,
    row_section,
    c.column_code,
    cast(value as double) as value,
    cast(null as varchar) as text,
    cast(case when not p.is_magnitude then numerator end as double) as numerator,
    cast(case when not p.is_magnitude then denominator end as double) as denominator,
    cast(base_n as bigint) as base_n,
    cast(n_units as bigint) as n_units,
    cast(top_share as double) as top_share,
    obs_status,
    cast(null as varchar) as flags,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high
from survey_cell as c
inner join survey_printed as p on p.column_code = c.column_code
order by row_rank, c.column_code
