-- grain: one size band x measure. One row a cell: row_code, row_label, row_rank, column_code, value.
select e.size_band as row_code, min(b.label) as row_label, min(cast(b.rank as integer)) as row_rank, 'data' as row_kind,
    'count' as column_code, cast(count(*) as double) as value
from core.field_establishment as e
inner join rules.size_bands as b on b.code = e.size_band
group by e.size_band
union all
select 'total', 'Ensemble', 1000, 'total', 'count', count(*) from core.field_establishment
