-- grain: one commune (or the territory) where the posts of the families that are shown exceed the total of the producer (none is
-- expected); hidden families make the sum smaller, never larger; a total that is itself a part of the sum is no bound.
with family as (
    select area, coalesce(commune_code, '') as commune_code, sum(posts) as posts
    from core.employment
    where field = 'ess' and family is not null and activity = '_T'
    group by area, coalesce(commune_code, '')
)
select
    coalesce(t.commune_code, 'territoire') as item,
    f.posts as observed,
    t.posts as expected
from core.employment as t
inner join family as f on f.area = t.area and f.commune_code = coalesce(t.commune_code, '')
where t.field = 'ess' and t.family is null and t.activity = '_T' and t.posts_mark is null and f.posts > t.posts
