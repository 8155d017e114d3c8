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
from . import claim_facts, claim_duplicate, claim_regroup, claim_import
from . import intake, intake_mail, intake_settings
