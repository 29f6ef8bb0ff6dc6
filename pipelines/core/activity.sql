-- grain: one activity code of core.activity_code, with the nomenclature that its register gives (`given`): its own nomenclature, its label,
-- the sector (A38 of rév. 2, section of another) that the edition's nomenclature gives it, what the excluded activities say of it. Through
-- the passage where the code is of another nomenclature: one whole inside a sector, or an excluded activity, is; one that
-- reaches several is `uncertain`, or to verify, and never chosen for. rév. 1 has no passage here: no sector.
-- view
with listed as (
    select 'naf_rev1' as nomenclature, naf, label, section as sector from rules.naf_rev1
    union all
    select 'naf_rev2', naf, label, a38 from rules.naf_rev2
    union all
    select 'naf_2025', naf, label, section from rules.naf_2025
),
-- a code of rév. 2 and one of 2025 end with different letters: of the two it is does not hang on what the register says
known as (
    select
        a.naf,
        a.nomenclature as given,
        coalesce(o.nomenclature, a.nomenclature) as nomenclature,
        coalesce(o.label, s.label) as label
    from core.activity_code as a
    left join listed as o on o.naf = a.naf and o.nomenclature <> 'naf_rev1' and a.nomenclature <> 'naf_rev1'
    left join listed as s on s.naf = a.naf and s.nomenclature = a.nomenclature
),
passage as (
    select 'naf_rev2' as nomenclature, naf_rev2 as naf, 'naf_2025' as to_nomenclature, naf_2025 as to_naf from rules.naf_passage
    union all
    select 'naf_2025', naf_2025, 'naf_rev2', naf_rev2 from rules.naf_passage
),
place as (
    select k.naf, k.given, t.sector
    from known as k
    inner join rules.edition as e on e.nomenclature = k.nomenclature
    inner join listed as t on t.nomenclature = k.nomenclature and t.naf = k.naf
    union
    select k.naf, k.given, t.sector
    from known as k
    inner join passage as p on p.nomenclature = k.nomenclature and p.naf = k.naf
    inner join rules.edition as e on e.nomenclature = p.to_nomenclature
    inner join listed as t on t.nomenclature = p.to_nomenclature and t.naf = p.to_naf
),
placed as (
    select naf, given, min(sector) as sector, count(*) as sectors, string_agg(sector, ', ' order by sector) as among
    from place
    group by naf, given
),
-- every code that a rule may be looked up for, with its closest rule
asked as (
    select naf, nomenclature from known
    union
    select p.to_naf, p.to_nomenclature
    from passage as p
    inner join known as k on k.nomenclature = p.nomenclature and k.naf = p.naf
),
matched as (
    select
        a.naf,
        a.nomenclature,
        x.decision,
        x.confidence,
        x.prefix || ' ' || x.label as words,
        row_number() over (partition by a.naf, a.nomenclature order by length(x.prefix) desc) as closeness
    from asked as a
    inner join rules.naf_exclusions as x
        on x.nomenclature = a.nomenclature and substr(a.naf, 1, length(x.prefix)) = x.prefix
),
ruled as (
    select distinct nomenclature from rules.naf_exclusions
),
-- a code of the edition's nomenclature is judged by the rules of that nomenclature alone, if it has any
passed as (
    select
        k.naf,
        k.given,
        count(*) as origins,
        count(case when m.decision = 'out' then 1 end) as excluded,
        count(case when m.decision = 'review' then 1 end) as doubtful,
        max(case when m.confidence = 'low' then 1 else 0 end) = 1 as is_unsure,
        string_agg(p.to_naf || coalesce(' – règle ' || m.words, ' – gardée'), ', ' order by p.to_naf) as evidence
    from known as k
    cross join rules.edition as e
    inner join passage as p on p.nomenclature = k.nomenclature and p.naf = k.naf
    left join ruled as r on r.nomenclature = k.nomenclature
    left join matched as m on m.naf = p.to_naf and m.nomenclature = p.to_nomenclature and m.closeness = 1
    where k.nomenclature <> e.nomenclature or r.nomenclature is null
    group by k.naf, k.given
)
select
    k.naf,
    k.given,
    k.nomenclature,
    k.label,
    case
        when s.sectors = 1 then s.sector
        when s.sectors > 1 or e.nomenclature <> k.nomenclature and k.label is not null
            and k.nomenclature in ('naf_rev2', 'naf_2025') and e.nomenclature in ('naf_rev2', 'naf_2025') then 'uncertain'
    end as sector,
    s.among as sectors,
    case
        when m.decision is not null then m.decision
        when p.excluded = p.origins then 'out'
        when p.excluded + p.doubtful > 0 then 'review'
    end as decision,
    case
        when m.decision is not null then m.confidence
        when p.excluded = p.origins and not p.is_unsure then 'medium'
        when p.excluded + p.doubtful > 0 then 'low'
    end as confidence,
    case
        when m.decision is not null then 'activité ' || k.naf || ' (règle ' || m.words || ')'
        when p.excluded + p.doubtful > 0 then 'activité ' || k.naf || ' (par le passage : ' || p.evidence || ')'
    end as evidence
from known as k
cross join rules.edition as e
left join placed as s on s.naf = k.naf and s.given = k.given
left join matched as m on m.naf = k.naf and m.nomenclature = k.nomenclature and m.closeness = 1
left join passed as p on p.naf = k.naf and p.given = k.given
