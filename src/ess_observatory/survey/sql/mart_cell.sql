-- Grain: one cell, in the shape that every table of `marts` has.
select
    row_code,
    row_label,
    cast(row_rank as integer) as row_rank,
    row_kind,
    row_section,
    column_code,
    cast(value as double) as value,
    cast(null as varchar) as text,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(base_n as bigint) as base_n,
    cast(n_units as bigint) as n_units,
    cast(top_share as double) as top_share,
    obs_status,
    cast(null as varchar) as flags
from survey_cell
where column_code in (select column_code from survey_printed)
order by row_rank, column_code
