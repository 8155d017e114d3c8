from . import base, contract, agreement, sync, settlement, claim
