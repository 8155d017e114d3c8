from . import test_allocation, test_coverage, test_recovery_terms
from . import test_agreement, test_transitions, test_access, test_access_rpc
from . import test_claim, test_claim_approval, test_claim_quota, test_claim_charge, test_numbers
from . import test_endpoint, test_outbox, test_outbox_results, test_outbox_together, test_inbox, test_inbox_malformed
from . import test_settlement, test_settlement_fixed, test_settlement_together, test_tie_out
from . import test_statement, test_translations
from . import test_contract_buyback, test_contract_royalty, test_contract_rebate
from . import test_territory_rules, test_territory, test_outlet_change
from . import test_notice, test_contract_signature, test_portal_signing, test_portal_browser
from . import test_default_case, test_transfer, test_end_prices
from . import test_notice_sync, test_steps_page
from . import test_contract_terms, test_contract_sales, test_contract_target, test_contract_entitlement
from . import test_contract_exchange, test_contract_renewal, test_contract_money_end_to_end
from . import test_closing_rules, test_closing_final, test_closing_reserve, test_closing_documents
from . import test_closing_disputes, test_closing_privacy, test_closing_after
from . import test_clause_due_dates, test_clause, test_clause_obligation, test_deadline
from . import test_agreement_scope, test_agreement_windows
from . import test_run_off
from . import (
    test_application,
    test_site_study,
    test_review,
    test_review_rules,
    test_inspection,
    test_conflict,
    test_network_views,
)
from . import test_termination_case, test_termination_clauses, test_termination_impact
from . import test_termination_transition, test_termination_withdraw, test_termination_together
from . import test_service_level, test_service_level_terms
from . import test_settlement_period, test_agreement_recovery, test_agreement_amendment
from . import test_two_people, test_deposit, test_intrusion
from . import test_buttons
from . import test_batch
from . import test_reader_language
from . import test_archive_print
from . import test_contract_refusal, test_contract_expiry
from . import test_portal_links
from . import test_rules_returns, test_rules_people, test_rules_minimum, test_rules_service
from . import test_clock_claim, test_clock_supplier, test_clock_time, test_clock_sweep
from . import test_recovery_answer, test_recovery_rate, test_recovery_routing, test_recovery_route
from . import test_recovery_events, test_claim_counter, test_recovery_together
from . import test_late_delivery, test_claim_loss, test_claim_tier, test_claim_credit_note, test_claim_batches
from . import test_refund_rules, test_resolution_offer, test_resolution_execution, test_resolution_together
from . import test_claim_evidence, test_evidence_rules, test_claim_packet, test_evidence_regroup
from . import test_aftercare_rules, test_aftercare_told, test_aftercare_priority
from . import test_aftercare_team, test_aftercare_complaint, test_aftercare_cluster
from . import test_claim_facts, test_claim_regroup, test_claim_intake, test_claim_import
from . import test_statement_confirmation
from . import test_portal_statement
from . import test_statement_run
from . import test_resolution_again
from . import test_clock_evidence, test_clock_delivery
from . import test_clock_catch_up
from . import test_portal_recovery, test_portal_recovery_intruder, test_portal_recovery_together
from . import test_portal_recovery_browser, test_recovery_origins
from . import (
    test_portal_claim,
    test_portal_claim_browser,
    test_portal_claim_new,
    test_portal_claim_together,
    test_portal_offer,
)
from . import test_insight_ageing, test_insight_scorecard, test_insight_quality
from . import test_insight_views, test_insight_overview, test_insight_browser
from . import test_settlement_report, test_settlement_report_groups
from . import test_settlement_generation
from . import test_settlement_reversal, test_settlement_adjustment
from . import test_settlement_posting, test_claim_accrual
from . import test_settlement_charts
from . import test_claim_search
from . import test_tie_out_check
from . import test_quarter
from . import test_portal_pages
from . import test_settlement_posting_amounts
from . import test_sync_webhook
from . import test_sync_transport
from . import (
    test_rate_limit,
    test_outbox_health,
    test_outbox_operator,
    test_reconciliation,
    test_sync_purge,
    test_outbox_indexes,
)
from . import test_statement_sync, test_statement_sync_answer
from . import test_endpoint_odoo
from . import test_endpoint_files
from . import test_outbox_lost
from . import test_sync_scale
