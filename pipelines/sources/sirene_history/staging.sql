-- grain: one period of a SIRET, between two changes; an unknown first day is NULL.
with judged as (
    select
        *,
        case upper(state_code) when 'A' then 'active' when 'F' then 'closed' end as state,
        case when upper(state_code) not in ('A', 'F') then 'E372' end as refusal_code
    from staging.sirene_history_typed
)
select
    siret,
    since,
    until,
    state,
    case when refusal_code is not null then 'etatAdministratifEtablissement' end as refusal_column,
    case when refusal_code is not null then state_code end as refusal_value,
    refusal_code,
    case when refusal_code is not null then 'état inconnu (A ou F attendu)' end as refusal_reason,
    case when refusal_code is not null then 'Corrigez la valeur.' end as refusal_fix,
    _file,
    _sha256,
    _sheet,
    _line
from judged
