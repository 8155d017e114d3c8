from . import source, charge_mixin, settlement, settlement_line, line_dimensions, posting, tie_out
