-- grain: one period of a SIRET, between two changes; an unknown first day is NULL.
with judged as (
    select
        *,
        case upper(state_code) when 'A' then 'active' when 'F' then 'closed' end as state,
        case
            when upper(state_code) not in ('A', 'F') then 'E372'
            when row_number() over (partition by siret, since order by _file, _sheet, _line) > 1 then 'E374'
        end as refusal_code
    from staging.sirene_history_typed
)
select
    siret,
    since,
    until,
    state,
    case refusal_code when 'E372' then 'etatAdministratifEtablissement' when 'E374' then 'siret' end as refusal_column,
    case refusal_code when 'E372' then state_code when 'E374' then siret end as refusal_value,
    refusal_code,
    case refusal_code when 'E372' then 'état inconnu (A ou F attendu)' when 'E374' then 'période déjà lue' end as refusal_reason,
    case refusal_code when 'E372' then 'Corrigez la valeur.' when 'E374' then 'Retirez la ligne ou le fichier en double.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
