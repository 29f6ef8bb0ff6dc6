-- grain: one commune x activity that the wide table gives; what it leaves empty is left out, never a zero; `s` is a secret.
with activity as (
    select '_T' as activity
    union all
    select distinct code from rules.naf_rev2_levels where level in ('a17', 'a88')
    union all
    select 'BE'
    union all
    select 'GU'
),
long as (
    select
        t.commune_code,
        a.activity,
        case a.activity when '_T' then t.posts_total when 'AZ' then t.posts_az when 'C1' then t.posts_c1 when 'C2'
        then t.posts_c2 when 'C3' then t.posts_c3 when 'C4' then t.posts_c4 when 'C5' then t.posts_c5 when 'DE' then
        t.posts_de when 'FZ' then t.posts_fz when 'GZ' then t.posts_gz when 'HZ' then t.posts_hz when 'IZ' then
        t.posts_iz when 'JZ' then t.posts_jz when 'KZ' then t.posts_kz when 'LZ' then t.posts_lz when 'MN' then
        t.posts_mn when 'OQ' then t.posts_oq when 'RU' then t.posts_ru when 'BE' then t.posts_be when 'GU' then
        t.posts_gu when '01' then t.posts_01 when '02' then t.posts_02 when '03' then t.posts_03 when '05' then
        t.posts_05 when '06' then t.posts_06 when '07' then t.posts_07 when '08' then t.posts_08 when '09' then
        t.posts_09 when '10' then t.posts_10 when '11' then t.posts_11 when '12' then t.posts_12 when '13' then
        t.posts_13 when '14' then t.posts_14 when '15' then t.posts_15 when '16' then t.posts_16 when '17' then
        t.posts_17 when '18' then t.posts_18 when '19' then t.posts_19 when '20' then t.posts_20 when '21' then
        t.posts_21 when '22' then t.posts_22 when '23' then t.posts_23 when '24' then t.posts_24 when '25' then
        t.posts_25 when '26' then t.posts_26 when '27' then t.posts_27 when '28' then t.posts_28 when '29' then
        t.posts_29 when '30' then t.posts_30 when '31' then t.posts_31 when '32' then t.posts_32 when '33' then
        t.posts_33 when '35' then t.posts_35 when '36' then t.posts_36 when '37' then t.posts_37 when '38' then
        t.posts_38 when '39' then t.posts_39 when '41' then t.posts_41 when '42' then t.posts_42 when '43' then
        t.posts_43 when '45' then t.posts_45 when '46' then t.posts_46 when '47' then t.posts_47 when '49' then
        t.posts_49 when '50' then t.posts_50 when '51' then t.posts_51 when '52' then t.posts_52 when '53' then
        t.posts_53 when '55' then t.posts_55 when '56' then t.posts_56 when '58' then t.posts_58 when '59' then
        t.posts_59 when '60' then t.posts_60 when '61' then t.posts_61 when '62' then t.posts_62 when '63' then
        t.posts_63 when '64' then t.posts_64 when '65' then t.posts_65 when '66' then t.posts_66 when '68' then
        t.posts_68 when '69' then t.posts_69 when '70' then t.posts_70 when '71' then t.posts_71 when '72' then
        t.posts_72 when '73' then t.posts_73 when '74' then t.posts_74 when '75' then t.posts_75 when '77' then
        t.posts_77 when '78' then t.posts_78 when '79' then t.posts_79 when '80' then t.posts_80 when '81' then
        t.posts_81 when '82' then t.posts_82 when '84' then t.posts_84 when '85' then t.posts_85 when '86' then
        t.posts_86 when '87' then t.posts_87 when '88' then t.posts_88 when '90' then t.posts_90 when '91' then
        t.posts_91 when '92' then t.posts_92 when '93' then t.posts_93 when '94' then t.posts_94 when '95' then
        t.posts_95 when '96' then t.posts_96 when '97' then t.posts_97 when '98' then t.posts_98 when '99' then
        t.posts_99 end as posts_text,
        case a.activity when '_T' then t.establishments_total when 'AZ' then t.establishments_az when 'C1' then
        t.establishments_c1 when 'C2' then t.establishments_c2 when 'C3' then t.establishments_c3 when 'C4' then
        t.establishments_c4 when 'C5' then t.establishments_c5 when 'DE' then t.establishments_de when 'FZ' then
        t.establishments_fz when 'GZ' then t.establishments_gz when 'HZ' then t.establishments_hz when 'IZ' then
        t.establishments_iz when 'JZ' then t.establishments_jz when 'KZ' then t.establishments_kz when 'LZ' then
        t.establishments_lz when 'MN' then t.establishments_mn when 'OQ' then t.establishments_oq when 'RU' then
        t.establishments_ru when 'BE' then t.establishments_be when 'GU' then t.establishments_gu when '01' then
        t.establishments_01 when '02' then t.establishments_02 when '03' then t.establishments_03 when '05' then
        t.establishments_05 when '06' then t.establishments_06 when '07' then t.establishments_07 when '08' then
        t.establishments_08 when '09' then t.establishments_09 when '10' then t.establishments_10 when '11' then
        t.establishments_11 when '12' then t.establishments_12 when '13' then t.establishments_13 when '14' then
        t.establishments_14 when '15' then t.establishments_15 when '16' then t.establishments_16 when '17' then
        t.establishments_17 when '18' then t.establishments_18 when '19' then t.establishments_19 when '20' then
        t.establishments_20 when '21' then t.establishments_21 when '22' then t.establishments_22 when '23' then
        t.establishments_23 when '24' then t.establishments_24 when '25' then t.establishments_25 when '26' then
        t.establishments_26 when '27' then t.establishments_27 when '28' then t.establishments_28 when '29' then
        t.establishments_29 when '30' then t.establishments_30 when '31' then t.establishments_31 when '32' then
        t.establishments_32 when '33' then t.establishments_33 when '35' then t.establishments_35 when '36' then
        t.establishments_36 when '37' then t.establishments_37 when '38' then t.establishments_38 when '39' then
        t.establishments_39 when '41' then t.establishments_41 when '42' then t.establishments_42 when '43' then
        t.establishments_43 when '45' then t.establishments_45 when '46' then t.establishments_46 when '47' then
        t.establishments_47 when '49' then t.establishments_49 when '50' then t.establishments_50 when '51' then
        t.establishments_51 when '52' then t.establishments_52 when '53' then t.establishments_53 when '55' then
        t.establishments_55 when '56' then t.establishments_56 when '58' then t.establishments_58 when '59' then
        t.establishments_59 when '60' then t.establishments_60 when '61' then t.establishments_61 when '62' then
        t.establishments_62 when '63' then t.establishments_63 when '64' then t.establishments_64 when '65' then
        t.establishments_65 when '66' then t.establishments_66 when '68' then t.establishments_68 when '69' then
        t.establishments_69 when '70' then t.establishments_70 when '71' then t.establishments_71 when '72' then
        t.establishments_72 when '73' then t.establishments_73 when '74' then t.establishments_74 when '75' then
        t.establishments_75 when '77' then t.establishments_77 when '78' then t.establishments_78 when '79' then
        t.establishments_79 when '80' then t.establishments_80 when '81' then t.establishments_81 when '82' then
        t.establishments_82 when '84' then t.establishments_84 when '85' then t.establishments_85 when '86' then
        t.establishments_86 when '87' then t.establishments_87 when '88' then t.establishments_88 when '90' then
        t.establishments_90 when '91' then t.establishments_91 when '92' then t.establishments_92 when '93' then
        t.establishments_93 when '94' then t.establishments_94 when '95' then t.establishments_95 when '96' then
        t.establishments_96 when '97' then t.establishments_97 when '98' then t.establishments_98 when '99' then
        t.establishments_99 end as establishments_text,
        t._file,
        t._sha256,
        t._sheet,
        t._line
    from staging.clap_wide_typed as t
    cross join activity as a
),
filled as (
    select
        *,
        count(posts_text) over (partition by commune_code, activity order by _file, _sheet, _line) as posts_version,
        count(establishments_text) over (partition by commune_code, activity order by _file, _sheet, _line) as establishments_version,
        try_cast(replace(replace(posts_text, ' ', ''), ',', '.') as double) as posts,
        case when lower(posts_text) in ('s', 'nd') then 'secret' end as posts_mark,
        try_cast(replace(replace(establishments_text, ' ', ''), ',', '.') as double) as establishments
    from long
    where posts_text is not null or establishments_text is not null
),
judged as (
    select
        *,
        case when posts_text is not null and posts is null and posts_mark is null
            or establishments_text is not null and establishments is null and lower(establishments_text) not in ('s', 'nd')
            then 'E311'
            when posts_text is not null and posts_version > 1 or establishments_text is not null and establishments_version > 1 then 'E374'
        end as refusal_code
    from filled
)
select
    commune_code,
    activity,
    posts,
    posts_mark,
    establishments,
    case refusal_code when 'E311' then activity when 'E374' then 'CODGEO' end as refusal_column,
    case refusal_code when 'E311' then coalesce(posts_text, establishments_text) when 'E374' then commune_code end as refusal_value,
    refusal_code,
    case refusal_code when 'E311' then 'nombre attendu' when 'E374' then 'commune et activité déjà lues' end as refusal_reason,
    case refusal_code
        when 'E311' then 'Corrigez la valeur.'
        when 'E374' then 'Retirez la ligne ou le fichier en double : un seul fichier par mesure et par année.'
    end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
