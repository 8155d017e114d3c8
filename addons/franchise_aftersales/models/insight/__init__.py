from . import report_mixin, ageing, sla_attainment, supplier_scorecard, franchisee_scorecard, quality_cost, measure_trend
