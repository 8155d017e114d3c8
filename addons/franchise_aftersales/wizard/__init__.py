from . import settlement_generate, settlement_reverse, statement_answer
from . import sales_missing
from . import territory_lookup
from . import review_open
from . import agreement_amend, service_level_try
from . import claim_clock
from . import recovery_answer, recovery_decide
from . import claim_packet
from . import claim_tell, service_handover
from . import claim_split, claim_merge, claim_bulk
from . import sync_step
