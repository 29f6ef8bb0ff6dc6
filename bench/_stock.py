"""A synthetic national register in the layout of the Sirene stock, with realistic cardinalities; no line describes a real unit.

Everything comes from the rank of a row and a hash of it, in one statement a file: the same number of rows gives the same
files. Communes are drawn in proportion to their population, from the official geographic code that the project ships.
"""

from __future__ import annotations

from pathlib import Path

from ess_observatory.engine.database import Database
from ess_observatory.engine.sql_text import quote
from ess_observatory.read.identifiers import luhn

ROOT = Path(__file__).resolve().parents[1]
NOMENCLATURES = ROOT / "pipelines" / "rules" / "nomenclatures"
#: Legal category → units out of a thousand (sole traders, companies, property companies, public bodies, the ESS).
CATEGORIES = {
    "1000": 520, "5710": 150, "5499": 130, "6540": 100, "9220": 45, "7210": 10, "5498": 10, "6599": 5, "9210": 5, "5720": 4,
    "7348": 3, "9110": 3, "9260": 2, "5458": 2, "5460": 2, "6317": 1, "6411": 1, "8210": 1, "9300": 1, "9221": 1, "9230": 2,
    "5599": 1, "5505": 1,
}  # fmt: skip
#: Size band → establishments out of a hundred, of those that employ.
BANDS = {
    "01": 46, "02": 20, "03": 13, "11": 10, "12": 6, "21": 2, "22": 1, "32": 1, "NC": 1,
}  # fmt: skip
#: Legal units for a hundred establishments.
UNITS_PCT = 70


def write_stock(folder: Path, establishments: int) -> tuple[Path, Path]:
    """The stocks of establishments and of legal units, as Parquet files of `folder` (made once for a number of rows).

    The columns are those of `staging.sirene_establishment` and `staging.sirene_legal_unit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / f"establishments-{establishments}.parquet", folder / f"units-{establishments}.parquet")
    if all(file.is_file() for file in files):
        return files
    units = establishments * UNITS_PCT // 100
    with Database() as db:
        slots = _slots(db)
        for file, sql in zip(
            files, (_establishments(establishments, units, slots), _units(units, slots)), strict=True
        ):
            db.execute(f"copy ({sql}) to {quote(str(file))} (format parquet)")
    return files


def write_csv(stock: Path, target: Path) -> Path:
    """The same establishments as a CSV file with the headers of StockEtablissement."""
    with Database() as db:
        db.execute(f"copy ({_SIRENE.format(stock=quote(str(stock)))}) to {quote(str(target))} (header)")
    return target


def write_units_csv(units: Path, target: Path) -> Path:
    """The legal units as a CSV file with the headers of StockUniteLegale, under the same identifiers."""
    with Database() as db:
        db.execute(f"copy ({_LEGAL_UNITS.format(stock=quote(str(units)))}) to {quote(str(target))} (header)")
    return target


def sirene_rows(stock: Path, count: int) -> tuple[list[str], list[tuple]]:
    """Headers and first rows of the same establishments, as text."""
    sql = _SIRENE.format(stock=quote(str(stock)))
    with Database() as db:
        return db.columns(f"({sql})"), db.rows(f"select columns(*)::varchar from ({sql}) limit {count}")


def _slots(db: Database) -> dict[str, int]:
    """Tables of numbered slots (a value that is drawn more often has more), and how many slots each has."""
    for name, weights in (("category", CATEGORIES), ("band", BANDS)):
        values = ", ".join(f"('{code}', {weight})" for code, weight in weights.items())
        db.execute(
            f"create table {name}_slot as select row_number() over (order by code, k) - 1 as slot, code "
            f"from (select code, unnest(range(weight)) as k from (values {values}) as v(code, weight))"
        )
    communes, naf = (quote(str(NOMENCLATURES / f"{name}.csv")) for name in ("communes", "naf_rev2"))
    db.execute(
        "create table commune_slot as select row_number() over (order by code, k) - 1 as slot, code, name from ("
        "select code, name, unnest(range(greatest(1, cast(coalesce(population, '0') as bigint) // 700))) as k "
        f"from read_csv({communes}, header = true, all_varchar = true) where type like 'commune%' and region is not null)"
    )
    db.execute(
        "create table naf_slot as select row_number() over (order by hash(naf)) - 1 as slot, naf "
        f"from read_csv({naf}, header = true, all_varchar = true)"
    )
    return {
        name: db.rows(f"select count(*) from {name}_slot")[0][0] for name in ("category", "commune", "naf")
    }


def _establishments(count: int, units: int, slots: dict[str, int]) -> str:
    return f"""
    with drawn as (
        select i,
            case when i < {units} then i else (i - {units}) % {units // 8} end as unit,
            cast(hash(i, 2) % {slots["commune"]} as bigint) as commune_slot,
            case when hash(i, 3) % 100 < 14 then cast(hash(i, 4) % 100 as bigint) end as band_slot,
            cast(hash(i, 6) % (case when hash(i, 5) % 3 = 0 then {slots["naf"]} else 120 end) as bigint) as naf_slot,
            hash(i, 7) % 100 < 62 as is_closed,
            date '1975-01-01' + cast(18000 * sqrt((hash(i, 8) % 1000000) / 1000000.0) as integer) as created_on,
            hash(i, 9) % 100 < 12 as is_partial
        from range({count}) as r(i)
    )
    select
        printf('%09d%05d', 100000000 + d.unit * 19, case when d.i < {units} then 17 else 100 + (d.i - {units}) // {units // 8} end) as siret,
        printf('%09d', 100000000 + d.unit * 19) as siren,
        d.is_partial,
        case when d.is_partial then 'P' else 'O' end as diffusion,
        case when not d.is_partial and d.i % 9 = 0 then 'Enseigne ' || d.i % 100003 end as brand,
        case when not d.is_partial and d.i % 13 = 0 then 'Usage ' || d.i % 70001 end as usual_name,
        case when not d.is_partial then substr(c.code, 1, 2) || '000' end as postcode,
        case when not d.is_partial then upper(c.name) end as city,
        c.code as commune_code,
        n.naf,
        'naf_rev2' as nomenclature,
        cast(null as varchar) as naf_2025,
        coalesce(b.code, 'NN') as size_band,
        case when d.is_closed then 'closed' else 'active' end as state,
        d.created_on,
        case when d.is_closed then d.created_on + cast(1 + hash(d.i, 10) % 5000 as integer) end as closed_on,
        'StockEtablissement.parquet' as _file,
        cast(null as varchar) as _sheet,
        d.i + 2 as _line
    from drawn as d
    inner join commune_slot as c on c.slot = d.commune_slot
    inner join naf_slot as n on n.slot = d.naf_slot
    left join band_slot as b on b.slot = d.band_slot
    """


def _units(units: int, slots: dict[str, int]) -> str:
    return f"""
    with drawn as (
        select i, cast(hash(i, 11) % {slots["category"]} as bigint) as category_slot,
            cast(hash(i, 13) % (case when hash(i, 12) % 3 = 0 then {slots["naf"]} else 120 end) as bigint) as naf_slot
        from range({units}) as r(i)
    )
    select
        printf('%09d', 100000000 + i * 19) as siren,
        hash(i, 19) % 100 < 12 as is_partial,
        case when hash(i, 19) % 100 >= 12 and c.code <> '1000'
            then (case when i % 4001 = 0 then 'Scop ' else 'Structure ' end) || i % 900001 end as name,
        cast(null as varchar) as usual_name,
        c.code as legal_category,
        n.naf,
        'naf_rev2' as nomenclature,
        cast(null as varchar) as naf_2025,
        case when substr(c.code, 1, 2) in ('92', '93', '82') and i % 3 = 0 then 'O'
            when substr(c.code, 1, 1) = '5' and i % 301 = 0 then 'O'
            when i % 5 = 0 then 'N' end as ess_flag
    from drawn as d
    inner join category_slot as c on c.slot = d.category_slot
    inner join naf_slot as n on n.slot = d.naf_slot
    """


def _with_key(body: str, length: int) -> str:
    """SQL: an identifier of `length` digits, from all of them but its key."""
    return f"({body} || (10 - {luhn(f'cast({body} || 0 as bigint)', length)} % 10) % 10)"


#: Identifiers have the keys that Insee gives them, which the reading checks.
_UNIT = "printf('%08d', 10000000 + (cast(siren as bigint) - 100000000) // 19)"
_SIRENE = f"""
with unit as (select * replace ({_with_key(_UNIT, 9)} as siren) from {{stock}}),
keyed as (select * replace ({_with_key("siren || substr(siret, 11, 4)", 14)} as siret) from unit)
select siren, substr(siret, 10) as nic, siret, diffusion as "statutDiffusionEtablissement",
    created_on as "dateCreationEtablissement", size_band as "trancheEffectifsEtablissement",
    substr(siret, 10, 4) = '0017' as "etablissementSiege", postcode as "codePostalEtablissement",
    city as "libelleCommuneEtablissement", commune_code as "codeCommuneEtablissement",
    coalesce(closed_on, created_on) as "dateDebut", case state when 'active' then 'A' else 'F' end as "etatAdministratifEtablissement",
    brand as "enseigne1Etablissement", usual_name as "denominationUsuelleEtablissement", naf as "activitePrincipaleEtablissement",
    'NAFRev2' as "nomenclatureActivitePrincipaleEtablissement",
    case when size_band = 'NN' then 'N' else 'O' end as "caractereEmployeurEtablissement"
from keyed
"""
_LEGAL_UNITS = f"""
select {_with_key(_UNIT, 9)} as siren, case when is_partial then 'P' else 'O' end as "statutDiffusionUniteLegale",
    name as "denominationUniteLegale", legal_category as "categorieJuridiqueUniteLegale",
    naf as "activitePrincipaleUniteLegale", 'NAFRev2' as "nomenclatureActivitePrincipaleUniteLegale",
    ess_flag as "economieSocialeSolidaireUniteLegale"
from {{stock}}
"""
