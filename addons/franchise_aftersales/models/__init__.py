# Rooms in the order of what they build on.
from . import base, sync, settlement
from . import contract, clause, notice, network
from . import agreement, claim
from . import termination, closing

# What the room of clauses adds to documents of rooms that come after it.
from .clause import on_notice, on_agreement
