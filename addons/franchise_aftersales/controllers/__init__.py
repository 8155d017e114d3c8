from . import statement, claim_packet
from . import portal_application
from . import portal_notice, portal_contract
from . import portal_dispute
from . import portal_statement
from . import portal_recovery
from . import portal_claim, portal_claim_new, portal_offer
from . import sync_webhook
