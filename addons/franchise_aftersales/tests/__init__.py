from . import test_allocation, test_coverage, test_recovery_terms
from . import test_agreement, test_transitions, test_access, test_access_rpc
from . import test_claim, test_claim_approval, test_claim_quota
from . import test_endpoint, test_outbox, test_outbox_results, test_outbox_together, test_inbox, test_inbox_malformed
from . import test_settlement, test_settlement_fixed, test_settlement_together, test_tie_out
from . import test_statement, test_translations
from . import test_closing_rules, test_closing_final, test_closing_reserve, test_closing_documents
from . import test_closing_disputes, test_closing_privacy, test_closing_after
from . import test_contract_buyback, test_contract_royalty, test_contract_rebate
from . import test_contract_terms, test_contract_sales, test_contract_target, test_contract_entitlement
from . import test_contract_exchange, test_contract_renewal, test_contract_money_end_to_end
