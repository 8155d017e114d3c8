# Rooms in the order of what they build on.
from . import base, sync, settlement
from . import contract, clause, notice, network
from . import agreement, claim, evidence, clock, resolution, recovery, aftercare
from .clock import recovery as recovery_clocks  # extends what the room of recoveries brings
from . import termination, closing
