from . import source, charge_mixin, settlement, settlement_line, posting, tie_out
