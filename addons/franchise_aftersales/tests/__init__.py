from . import test_allocation, test_coverage, test_recovery_terms
from . import test_agreement, test_transitions, test_access, test_access_rpc
from . import test_claim, test_claim_approval, test_claim_quota
from . import test_endpoint, test_outbox, test_outbox_results, test_outbox_together, test_inbox, test_inbox_malformed
from . import test_settlement, test_settlement_fixed, test_settlement_together, test_tie_out
from . import test_statement, test_translations
from . import test_notice, test_contract_signature, test_portal_signing
from . import test_default_case, test_transfer, test_end_prices
from . import test_agreement_scope, test_agreement_windows
from . import test_run_off
from . import test_notice_sync, test_steps_page
