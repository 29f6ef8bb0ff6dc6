-- grain: one decision rule on the nature of establishments x measure (theirs beside ours), then one line a state; a list that the
-- edition does not have gives no value.
with opinion as (
    select
        siret,
        max(case when given_by = 'sirene_flag' then opinion end) as flag,
        max(case when given_by = 'sirene_flag' and agreement = 'disagree' then 1 else 0 end) as disagreements,
        max(case when given_by = 'ess_list' then 1 else 0 end) as ess_list,
        max(case when given_by = 'esus' then 1 else 0 end) as esus,
        max(case when given_by = 'siae' then 1 else 0 end) as siae
    from core.perimeter_opinion
    group by siret
),
ruled as (
    select
        r.rule_id,
        r.label,
        cast(r.rank as integer) as rule_rank,
        r.decision,
        count(e.siret) as establishments,
        count(case when o.flag = 'yes' then 1 end) as flag_yes,
        count(case when o.flag = 'no' then 1 end) as flag_no,
        count(case when e.siret is not null and coalesce(o.flag, 'none') = 'none' then 1 end) as flag_none,
        coalesce(sum(o.disagreements), 0) as disagreements,
        coalesce(sum(o.ess_list), 0) as ess_list,
        coalesce(sum(o.esus), 0) as esus,
        coalesce(sum(o.siae), 0) as siae
    from rules.decision_rules as r
    inner join core.establishment as e on e.rule_id = r.rule_id
    left join opinion as o on o.siret = e.siret
    where r.about = 'nature'
    group by r.rule_id, r.label, r.rank, r.decision
),
line as (
    select rule_id as row_code, label as row_label, rule_rank as row_rank, 'data' as row_kind, decision,
        establishments, flag_yes, flag_no, flag_none, disagreements, ess_list, esus, siae
    from ruled
    union all
    select 'state_' || decision,
        case decision when 'in' then 'Retenus' when 'out' then 'Écartés' else 'À vérifier' end,
        case decision when 'in' then 1001 when 'out' then 1002 else 1003 end, 'subtotal', decision,
        sum(establishments), sum(flag_yes), sum(flag_no), sum(flag_none), sum(disagreements), sum(ess_list), sum(esus), sum(siae)
    from ruled
    group by decision
    union all
    select 'total', 'Ensemble', 2000, 'total', '',
        sum(establishments), sum(flag_yes), sum(flag_no), sum(flag_none), sum(disagreements), sum(ess_list), sum(esus), sum(siae)
    from ruled
),
present as (
    select
        max(case when source = 'ess_list' and is_present then 1 end) as ess_list,
        max(case when source = 'esus_list' and is_present then 1 end) as esus,
        max(case when source = 'siae_list' and is_present then 1 end) as siae
    from rules.edition_source
)
select row_code, row_label, row_rank, row_kind, 'decision' as column_code, cast(null as double) as value,
    case decision when 'in' then 'retenu' when 'out' then 'écarté' when 'review' then 'à vérifier' else '' end as text
from line
union all
select row_code, row_label, row_rank, row_kind, 'count', establishments, null from line
union all
select row_code, row_label, row_rank, row_kind, 'flag_yes', flag_yes, null from line
union all
select row_code, row_label, row_rank, row_kind, 'flag_no', flag_no, null from line
union all
select row_code, row_label, row_rank, row_kind, 'flag_none', flag_none, null from line
union all
select row_code, row_label, row_rank, row_kind, 'disagreements', disagreements, null from line
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'ess_list', l.ess_list * p.ess_list, null from line as l cross join present as p
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'esus', l.esus * p.esus, null from line as l cross join present as p
union all
select l.row_code, l.row_label, l.row_rank, l.row_kind, 'siae', l.siae * p.siae, null from line as l cross join present as p
