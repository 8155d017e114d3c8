from . import statement
from . import portal_dispute
