from . import statement
from . import portal_application
from . import statement, portal_notice, portal_contract
from . import portal_dispute
