from . import cause, choices, agreement, agreement_version, liability
from . import scope, cause_term, version_terms, service_level, service_clock, recovery_terms, ceiling, run_off, outlet
from . import late_delivery
from . import version_changes, agreement_version_sync, agreement_clauses
from . import service_offer
from . import settlement_terms
