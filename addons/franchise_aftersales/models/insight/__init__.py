from . import (
    report_mixin,
    ageing,
    sla_attainment,
    supplier_scorecard,
    franchisee_scorecard,
    quality_cost,
    measure_trend,
)
from . import overview, overview_service, overview_finance, res_partner, digest
