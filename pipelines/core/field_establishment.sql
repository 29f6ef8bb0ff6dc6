-- grain: one establishment of the field (in the perimeter, employer, in the territory): what is counted.
-- view
select * from core.establishment where in_perimeter
