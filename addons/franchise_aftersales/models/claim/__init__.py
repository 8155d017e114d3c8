from . import (
    claim,
    claim_obstacles,
    claim_notice,
    claim_coverage,
    claim_service,
    claim_line,
    claim_line_amounts,
    claim_loss,
    claim_quota,
    claim_line_quota,
    credit_note,
    approval_tier,
    claim_approval,
    claim_charge,
)
from . import claim_facts, claim_duplicate, claim_regroup, claim_import, claim_search
from . import intake, intake_mail, intake_settings
