from . import source, charge_mixin, settlement, settlement_line, line_dimensions, posting, tie_out
from . import (
    source,
    charge_mixin,
    settlement,
    settlement_line,
    res_company,
    balance,
    generation,
    settlement_run,
    stated_lines,
    posting,
    reversal,
    partner_merge,
    tie_out,
    adjustment,
)
