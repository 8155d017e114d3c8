from . import (
    claim,
    claim_obstacles,
    claim_notice,
    claim_coverage,
    claim_service,
    claim_line,
    claim_quota,
    claim_charge,
)
