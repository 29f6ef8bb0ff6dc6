-- grain: one SIRET of a register. Priority: the official stock (of which only the territory is taken), the vendor's
-- extract, the stock in its layout of before 2019; a SIRET that a better register gives is not taken again.
-- view
with stock as (
    select
        s.siret,
        s.siren,
        s.name,
        s.brand,
        s.postcode,
        s.city,
        s.commune_code,
        s.legal_category,
        s.naf,
        s.nomenclature,
        s.unit_naf,
        s.unit_nomenclature,
        s.size_band,
        s.state,
        s.created_on,
        s.closed_on,
        s.ess_flag,
        coalesce(m.is_followed_outside, false) as is_followed_outside,
        'sirene_establishment' as register,
        s._file,
        s._sheet,
        s._line
    from core.stock as s
    inner join rules.territory_commune as t on t.code = s.commune_code
    left join staging.manageo as m on m.siret = s.siret
),
extract as (
    select
        m.siret,
        m.siren,
        m.name,
        m.brand,
        m.postcode,
        m.city,
        m.commune_code,
        m.legal_category,
        m.naf,
        'naf_rev2' as nomenclature,
        u.naf as unit_naf,
        u.nomenclature as unit_nomenclature,
        m.size_band,
        m.state,
        m.created_on,
        m.closed_on,
        u.ess_flag,
        m.is_followed_outside,
        'manageo' as register,
        m._file,
        m._sheet,
        m._line
    from staging.manageo as m
    left join staging.sirene_legal_unit as u on u.siren = m.siren
    where not exists (
        select 1
        from staging.sirene_establishment as s
        inner join rules.territory_commune as t on t.code = s.commune_code
        where s.siret = m.siret
    )
),
old_stock as (
    select
        o.siret,
        o.siren,
        case when o.is_partial then '[ND]' else coalesce(o.name, '[ND]') end as name,
        o.brand,
        o.postcode,
        o.city,
        o.commune_code,
        o.legal_category,
        o.naf,
        'naf_rev2' as nomenclature,
        o.naf_unit as unit_naf,
        'naf_rev2' as unit_nomenclature,
        o.size_band,
        'active' as state,
        o.created_on,
        cast(null as date) as closed_on,
        o.ess_flag,
        false as is_followed_outside,
        'sirene_old' as register,
        o._file,
        o._sheet,
        o._line
    from staging.sirene_old as o
    inner join rules.territory_commune as t on t.code = o.commune_code
    where not exists (select 1 from staging.manageo as m where m.siret = o.siret)
        and not exists (
            select 1
            from staging.sirene_establishment as s
            inner join rules.territory_commune as k on k.code = s.commune_code
            where s.siret = o.siret
        )
)
select * from stock
union all
select * from extract
union all
select * from old_stock
