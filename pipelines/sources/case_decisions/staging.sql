-- grain: one line of a workbook of cases to verify, as it came back; `decision` is NULL where nothing is decided yet.
-- Two lines in force that contradict each other are both refused: which of them holds is nobody's choice.
with written as (
    select
        t.siret,
        t.name,
        t.decision as decision_text,
        case
            when lower(t.decision) in ('retenu', 'retenue', 'retenir', 'in') then 'in'
            when lower(t.decision) in ('écarté', 'écartée', 'écarter', 'ecarté', 'ecarte', 'ecartee', 'ecarter', 'out') then 'out'
        end as decision,
        t.family as family_text,
        f.family,
        t.reason,
        t.decided_by,
        t.decided_on,
        replace(t.editions, ' ', '') as editions,
        (t.editions is null or list_contains(string_split(replace(t.editions, ' ', ''), '|'), '*')
            or list_contains(string_split(replace(t.editions, ' ', ''), '|'), e.edition)) as is_in_force,
        t._file,
        t._sha256,
        t._sheet,
        t._line
    from staging.case_decisions_typed as t
    cross join rules.edition as e
    left join rules.ess_families as f
        on lower(replace(t.family, '''', '’')) in (f.family, lower(replace(f.label, '''', '’')))
),
checked as (
    select
        *,
        case
            when decision_text is null and (reason is not null or family_text is not null) then 'Décision'
            when decision_text is not null and decision is null then 'Décision'
            when decision is null then null
            when family_text is not null and family is null then 'Famille'
            when reason is null then 'Motif de la décision'
            when decided_by is null then 'Décidé par'
            when decided_on is null then 'Décidé le'
        end as fault
    from written
),
in_force as (
    select * from checked where decision is not null and fault is null and is_in_force
),
contradicted as (
    select
        a._file,
        a._sheet,
        a._line,
        min(b._file || case when b._sheet <> '' then ', feuille « ' || b._sheet || ' »' else '' end || ', ligne ' || cast(b._line as varchar)
            || case b.decision when 'in' then ' : retenu' else ' : écarté' end || coalesce(', famille ' || b.family, '')) as other
    from in_force as a
    inner join in_force as b on b.siret = a.siret
    where b.decision <> a.decision or a.decision = 'in' and b.family <> a.family
    group by a._file, a._sheet, a._line
),
family_list as (
    select string_agg(label, ', ' order by cast(rank as integer)) as labels from rules.ess_families
)
select
    c.siret,
    substr(c.siret, 1, 9) as siren,
    c.name,
    c.decision,
    c.family,
    c.reason,
    c.decided_by,
    c.decided_on,
    c.editions,
    c.is_in_force,
    case when c.fault is not null then 'E376' when x.other is not null then 'E377' end as refusal_code,
    case when x.other is not null then 'Décision' else c.fault end as refusal_column,
    case
        when x.other is not null or c.fault = 'Décision' then c.decision_text
        when c.fault = 'Famille' then c.family_text
    end as refusal_value,
    case
        when x.other is not null then 'décisions contradictoires sur le SIRET ' || c.siret || ' : ' || x.other
        when c.fault = 'Décision' and c.decision_text is null then 'motif ou famille sans décision (SIRET ' || c.siret || ')'
        when c.fault = 'Décision' then 'ce n’est pas une décision (SIRET ' || c.siret || ')'
        when c.fault = 'Famille' then 'famille inconnue (SIRET ' || c.siret || ')'
        when c.fault is not null then 'il manque ' || concat_ws(
            ' et ',
            case when c.reason is null then 'le motif' end,
            case when c.decided_by is null then 'qui a décidé' end,
            case when c.decided_on is null then 'la date' end
        ) || ' (SIRET ' || c.siret || ')'
    end as refusal_reason,
    case
        when x.other is not null then 'Accordez les deux lignes dans les classeurs déposés, ou retirez-en une.'
        when c.fault = 'Décision' then 'Écrivez « retenu » ou « écarté », ou videz la ligne : le cas reste à vérifier.'
        when c.fault = 'Famille' then 'Choisissez dans la liste : ' || l.labels || '.'
        when c.fault is not null then 'Complétez la ligne : une décision a un motif, un auteur et une date.'
    end as refusal_fix,
    c._file,
    c._sha256,
    c._sheet,
    c._line
from checked as c
cross join family_list as l
left join contradicted as x on x._file = c._file and x._sheet = c._sheet and x._line = c._line
