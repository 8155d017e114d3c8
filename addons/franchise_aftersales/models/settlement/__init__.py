from . import (
    source,
    charge_mixin,
    settlement,
    settlement_line,
    generation,
    settlement_run,
    posting,
    tie_out,
)
