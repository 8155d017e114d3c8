from . import (
    claim,
    claim_notice,
    claim_coverage,
    claim_service,
    claim_line,
    claim_quota,
    recovery,
    recovery_line,
    recovery_sync,
    tie_out,
)
