# Rooms in the order of what they build on.
from . import base, sync, settlement
from . import contract, clause, notice, network
from . import agreement, claim, evidence, resolution, recovery, clock, aftercare
from . import termination, closing, statement, insight
