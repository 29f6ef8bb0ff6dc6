-- grain: one area x activity x ESS family x measure x year. Absent is not zero: only what the producer gives is here, with its mark.
with judged as (
    select
        t.*,
        p.note_code,
        p.note_reason,
        m.measure,
        case when t.geo_object = 'COM' then coalesce(p.target, t.geo) else t.geo end as area_code,
        case
            when upper(t.status) in ('K', 'C') or (t.value is null and upper(t.status) = 'S') then 'secret'
            when t.value is null then 'not_available'
        end as value_mark,
        case when t.family_label not in ('_T', 'ESS') then f.family end as family,
        t.family_label in ('_T', 'ESS') as is_every_family,
        case when m.measure is null then 'E375' when p.problem is not null then 'E333'
            when t.geo_object = 'COM' and t.geo not in (select code from rules.commune_code) then 'E332'
            when f.family is null and t.family_label not in ('_T', 'ESS') then 'E373' end as refusal_code
    from staging.flores_ess_typed as t
    left join rules.flores_measures as m on m.code = t.measure_code
    left join rules.source_commune as p on p.source = 'flores_ess' and p.code = t.geo and t.geo_object = 'COM'
    left join rules.ess_family_labels as f on f.label = replace(lower(t.family_label), 'é', 'e')
)
select
    geo_object,
    area_code,
    coalesce(activity, '_T') as activity,
    family,
    is_every_family,
    measure,
    upper(status) as status,
    period,
    case when value_mark is null then value end as value,
    value_mark,
    case refusal_code when 'E375' then 'FLORES_MEASURE' when 'E333' then 'GEO' when 'E332' then 'GEO' when 'E373' then 'ESS_FAMILY' end as refusal_column,
    case refusal_code when 'E375' then measure_code when 'E333' then geo when 'E332' then geo when 'E373' then family_label end as refusal_value,
    refusal_code,
    case refusal_code
        when 'E375' then 'mesure inconnue'
        when 'E333' then 'commune scindée ou fusionnée : ce code ne désigne pas une seule commune du territoire'
        when 'E332' then 'code commune inconnu du code officiel géographique'
        when 'E373' then 'famille de l’ESS inconnue'
    end as refusal_reason,
    case refusal_code
        when 'E375' then 'Ajoutez la mesure à pipelines/rules/flores_measures.csv.'
        when 'E333' then 'Demandez le fichier dans la géographie du territoire, ou dites l’année de la sienne (« cog » de la source, dans l’édition).'
        when 'E332' then 'Corrigez le code, ou ajoutez la commune au territoire.'
        when 'E373' then 'Corrigez la valeur, ou ajoutez-la à pipelines/rules/ess_family_labels.csv.'
    end as refusal_fix,
    case when note_code is not null then 'GEO' end as note_column,
    case when note_code is not null then geo end as note_value,
    note_code,
    note_reason,
    _file,
    _sha256,
    _sheet,
    _line
from judged
