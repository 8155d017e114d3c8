from . import charge_kinds, res_company
from . import (
    final_settlement,
    final_line,
    final_input,
    final_reserve,
    final_amounts,
    final_minimum,
    final_rebate,
    final_royalty,
    final_quota,
    final_print,
)
from . import claim_reserve, deposit, termination
from . import ir_attachment, legal_document, legal_document_kind
from . import dispute, dispute_step, termination_dispute, recovery_dispute
from . import privacy_request, res_partner, privacy_claims
from . import measure, provider_evaluation, termination_survey
from . import measure_claims
