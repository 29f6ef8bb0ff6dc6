-- grain: one resource centre (pôle).
select
    code,
    pole,
    perimeter,
    created,
    members,
    reached,
    budget,
    subsidies,
    services,
    fees,
    staff,
    year,
    missions,
    strengths,
    weaknesses,
    _file,
    _sha256,
    _sheet,
    _line
from staging.benchmark_typed
