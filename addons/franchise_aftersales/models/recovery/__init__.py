from . import (
    recovery,
    recovery_line,
    recovery_sync,
    claim,
    claim_rate,
    reroute_rule,
    route,
    recovery_route,
    recovery_answer,
    counter,
    settlement,
    tie_out,
)
