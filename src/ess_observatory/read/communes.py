"""Commune codes of every year → the territory's own official geographic code."""

from __future__ import annotations

from ess_observatory.engine.database import Database

#: A retired code has one present commune (`merger`), an arrondissement its city (`arrondissement`); a code whose
#: communes cannot be told apart has a `problem`. The territory's own codes always stand for themselves.
_PROJECTION = """
create or replace table rules.commune_projection as
with own as (
    select code from rules.territory_commune
),
former as (
    select unnest(string_split(former_codes, '|')) as code, code as target
    from rules.communes
    where former_codes is not null
),
retired as (
    select code, target, 'merger' as kind from former
    union
    select code, target, kind from rules.commune_moves where kind in ('merger', 'arrondissement')
),
-- a commune that is still in the nomenclature is only projected when the territory has its successor
relevant as (
    select r.code, r.target, r.kind, r.target in (select code from own) as in_territory
    from retired as r
    where r.code not in (select code from own)
        and (r.kind = 'arrondissement' or r.target in (select code from own)
            or r.code not in (select code from rules.communes))
),
preferred as (
    select code, target, kind from relevant as r
    where in_territory or not exists (select 1 from relevant as o where o.code = r.code and o.in_territory)
),
-- a commune born of a merger, or given back its life, that the territory knows otherwise
unclear as (
    select f.target as code from former as f
    where f.code in (select code from own) and f.target not in (select code from own)
    union
    select m.code from rules.commune_moves as m
    where m.kind = 'restored' and m.target in (select code from own) and m.code not in (select code from own)
)
select
    code,
    case when count(distinct target) = 1 and not bool_or(code in (select code from unclear)) then min(target) end as target,
    min(kind) as kind,
    case when count(distinct target) > 1 or bool_or(code in (select code from unclear)) then 'unclear' end as problem
from (select code, target, kind from preferred union all select code, null, 'unclear' from unclear)
group by code
order by code
"""


def project_communes(db: Database) -> None:
    """Write `rules.commune_projection` (code, target, kind, problem) and `rules.commune_code`, every known code.

    Needs `rules.communes`, `rules.commune_moves` and `rules.territory_commune`.
    """
    db.execute(_PROJECTION)
    db.execute(
        "create or replace table rules.commune_code as select code from rules.communes "
        "union select code from rules.commune_projection union select code from rules.territory_commune "
        "union select code from rules.commune_moves union select target from rules.commune_moves "
        "union select unnest(string_split(former_codes, '|')) from rules.communes where former_codes is not null order by code"
    )
