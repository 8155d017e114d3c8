# Rooms in the order of what they build on.
from . import base, sync, settlement
from . import contract, clause, notice, network
from . import agreement, claim, evidence, clock, resolution, recovery, aftercare
from . import termination, closing
