-- grain: one SIRET of the stock in its layout of before 2019 (active establishments only).
with built as (
    select
        t.*,
        t.siren || t.nic as siret,
        t.departement || t.commune_number as read_commune,
        coalesce(t.diffusion, 'O') <> 'O' as is_partial
    from staging.sirene_old_typed as t
),
judged as (
    select
        t.*,
        p.note_code,
        p.note_reason,
        coalesce(p.target, t.read_commune) as commune_code,
        case when t.size_code is null or upper(t.size_code) = 'NN' then 'NN' else b.code end as size_band,
        case
            when p.problem is not null then 'E333'
            when t.departement not in ('98', '99') and t.read_commune not in (select code from rules.commune_code) then 'E332'
            when t.size_code is not null and upper(t.size_code) <> 'NN' and b.code is null then 'E371'
        end as refusal_code
    from built as t
    left join rules.source_commune as p on p.source = 'sirene_old' and p.code = t.read_commune
    left join rules.size_bands as b on b.code = t.size_code
)
select
    siret,
    siren,
    is_partial,
    case when not is_partial then name end as name,
    case when not is_partial then brand end as brand,
    case when not is_partial then postcode end as postcode,
    case when not is_partial then city end as city,
    commune_code,
    naf,
    naf_unit,
    legal_category,
    size_band,
    created_on,
    upper(ess_flag) as ess_flag,
    case refusal_code when 'E333' then 'COMET' when 'E332' then 'COMET' when 'E371' then 'TEFET' end as refusal_column,
    case refusal_code when 'E333' then read_commune when 'E332' then read_commune when 'E371' then size_code end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E333' then 'commune scindée ou fusionnée : ce code ne désigne pas une seule commune du territoire'
        when 'E332' then 'code commune inconnu du code officiel géographique'
        when 'E371' then 'tranche d’effectif inconnue'
    end as refusal_reason,
    case refusal_code
        when 'E333' then 'Demandez le fichier dans la géographie du territoire, ou dites l’année de la sienne (« cog » de la source, dans l’édition).'
        when 'E332' then 'Corrigez le code, ou ajoutez la commune au territoire.'
        when 'E371' then 'Corrigez la valeur, ou ajoutez la tranche à pipelines/rules/size_bands.csv.'
    end as refusal_fix,
    case when note_code is not null then 'COMET' end as note_column,
    case when note_code is not null then read_commune end as note_value,
    note_code,
    note_reason,
    _file,
    _sha256,
    _sheet,
    _line
from judged
