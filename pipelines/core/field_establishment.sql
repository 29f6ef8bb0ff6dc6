-- grain: one establishment of the field (in the perimeter, employer, in the territory): what is counted.
select * from core.establishment where in_perimeter
