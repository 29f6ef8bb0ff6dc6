-- grain: one decision rule x measure (how many SIRET it decided), then one line a state.
with ruled as (
    select
        r.rule_id,
        r.label,
        cast(r.rank as integer) as rule_rank,
        r.decision,
        count(e.siret) as establishments
    from rules.decision_rules as r
    left join core.establishment as e on e.rule_id = r.rule_id
    group by r.rule_id, r.label, r.rank, r.decision, r.shown
    having r.shown = 'always' or count(e.siret) > 0
),
line as (
    select rule_id as row_code, label as row_label, rule_rank as row_rank, 'data' as row_kind,
        case decision when 'in' then 'retenu' when 'out' then 'écarté' else 'à vérifier' end as decision, establishments
    from ruled
    union all
    select 'state_' || decision,
        case decision when 'in' then 'Retenus' when 'out' then 'Écartés' else 'À vérifier' end,
        case decision when 'in' then 1001 when 'out' then 1002 else 1003 end, 'subtotal',
        case decision when 'in' then 'retenu' when 'out' then 'écarté' else 'à vérifier' end, sum(establishments)
    from ruled
    group by decision
    union all
    select 'total', 'Ensemble', 2000, 'total', '', sum(establishments) from ruled
),
total as (
    select sum(establishments) as establishments from ruled
)
select row_code, row_label, row_rank, row_kind, 'decision' as column_code, cast(null as double) as value, decision as text,
    cast(null as double) as numerator, cast(null as double) as denominator
from line
union all
select row_code, row_label, row_rank, row_kind, 'count', establishments, null, null, null from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'share', 100.0 * l.establishments / nullif(t.establishments, 0), null,
    l.establishments, t.establishments
from line as l cross join total as t
