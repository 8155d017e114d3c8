from . import statement
from . import portal_application
from . import portal_notice, portal_contract
from . import portal_dispute
