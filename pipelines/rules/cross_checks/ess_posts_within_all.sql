-- grain: one commune (or the territory) whose ESS posts exceed all posts of the same producer (none is expected); where some of these
-- are hidden or left out, what is shown of them is no bound.
select
    coalesce(e.commune_code, 'territoire') as item,
    e.posts as observed,
    a.posts as expected
from core.employment as e
inner join core.employment as a
    on a.area = e.area and coalesce(a.commune_code, '') = coalesce(e.commune_code, '') and a.activity = e.activity
where e.field = 'ess' and e.family is null and a.field = 'all' and a.family is null and e.activity = '_T'
    and a.posts_mark is null and e.posts > a.posts
