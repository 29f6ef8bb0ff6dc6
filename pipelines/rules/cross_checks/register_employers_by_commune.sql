-- grain: one commune with more establishments of the field than employers in all (none is expected).
select
    e.commune_code as item,
    count(f.siret) as observed,
    any_value(e.employers) as expected
from core.employer_count as e
inner join core.field_establishment as f on f.commune_code = e.commune_code
group by e.commune_code
having count(f.siret) > any_value(e.employers)
