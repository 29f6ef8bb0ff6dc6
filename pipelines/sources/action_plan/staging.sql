-- grain: one action of the plan.
select
    number,
    code,
    action,
    fte,
    cost_keur,
    cost_nature,
    funding,
    status,
    axis_1,
    axis_2,
    axis_3,
    _file,
    _sha256,
    _sheet,
    _line
from staging.action_plan_typed
